"""Emulates a webhook: signs, sends and stores deliveries, and redelivers them on request.

GitHub does not retry a failed delivery automatically. Source: GitHub Docs, "Handling failed webhook
deliveries" and "Validating webhook deliveries".
"""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from threading import Condition
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError

from local.github.model import UnknownError
from local.timers import Timers

ANSWER_SECONDS = 10
"""Time in seconds that GitHub waits for a response."""
_SENDERS = 16
_SUCCESS = range(200, 300)
_NOBODY = ("example.com",)
"""Hosts that are for documentation, to which nothing is sent. Source: RFC 2606."""

logger = logging.getLogger(__name__)


class Delivery(Struct, kw_only=True):
    """One attempt to deliver an event. All attempts of an event have the same `guid`.

    `repository` is that of the event.

    `status_code` is 0 before the response, and if there was none.
    """

    id: int
    guid: str
    event: str
    action: str | None
    payload: bytes
    headers: dict[str, str]
    repository: str = ""
    redelivery: bool = False
    delivered_at: datetime
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    answer: bytes = b""

    @property
    def succeeded(self) -> bool:
        """Return whether GitHub treats the response as success."""
        return self.status_code in _SUCCESS


Plan = Callable[[Delivery], Sequence[float]]
"""Returns the delay in seconds of each copy of a delivery: `[]` loses, `[0, 0]` duplicates it."""


def at_once(_delivery: Delivery) -> Sequence[float]:
    """Send each delivery once, without delay."""
    return (0.0,)


class Hook:
    """The webhook of a repository or App, sent to `url` and signed with `secret`."""

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        hook_id: int = 1,
        of_app: bool = False,
        plan: Plan = at_once,
    ) -> None:
        self.url = url
        self.id = hook_id
        self.of_app = of_app
        self.plan = plan
        self._secret = secret.encode()
        self._timers = Timers("webhooks")
        self._changed = Condition()
        self._deliveries: dict[int, Delivery] = {}
        self._ids = count(1)
        self._senders: ThreadPoolExecutor | None = None
        self._http = urllib3.PoolManager(retries=False, timeout=ANSWER_SECONDS, maxsize=_SENDERS)

    def configure(self, url: str | None, secret: str | None) -> None:
        """Change the URL, the secret, or both; None changes nothing."""
        self.url = url or self.url
        self._secret = secret.encode() if secret else self._secret

    def start(self) -> None:
        """Start to send deliveries."""
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="webhook")
        self._timers.start()

    def stop(self) -> None:
        """Stop sending, and wait for pending requests."""
        self._timers.stop()
        if self._senders is not None:
            self._senders.shutdown(cancel_futures=True)
        self._http.clear()

    def deliver(self, event: str, payload: dict[str, Any]) -> Delivery:
        """Send an event according to the plan; return the stored delivery."""
        delivery = self._made(event, payload)
        self._keep(delivery)
        delays = self.plan(delivery)
        if not delays:
            self._settle(delivery, "failed to connect to host")
        for seconds in delays:
            self._timers.after(seconds, lambda: self._submit(delivery))
        return delivery

    def redeliver(self, delivery_id: int) -> Delivery:
        """Send a delivery again, regardless of the plan.

        Raises:
            UnknownError: The id does not exist.
        """
        old = self.delivery(delivery_id)
        again = Delivery(
            id=next(self._ids),
            guid=old.guid,
            event=old.event,
            action=old.action,
            payload=old.payload,
            headers=old.headers,
            repository=old.repository,
            redelivery=True,
            delivered_at=datetime.now(UTC),
        )
        self._keep(again)
        self._timers.after(0, lambda: self._submit(again))
        return again

    def deliveries(self) -> list[Delivery]:
        """Return all deliveries, newest first."""
        with self._changed:
            return list(reversed(self._deliveries.values()))

    def delivery(self, delivery_id: int) -> Delivery:
        """Return one delivery.

        Raises:
            UnknownError: The id does not exist.
        """
        with self._changed:
            if delivery_id not in self._deliveries:
                raise UnknownError(f"delivery {delivery_id}")
            return self._deliveries[delivery_id]

    def settled(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until no delivery is pending; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(
                lambda: all(one.status != "pending" for one in self._deliveries.values()), timeout
            )

    def _made(self, event: str, payload: dict[str, Any]) -> Delivery:
        body = json.dumps(payload, separators=(",", ":")).encode()
        guid = str(uuid4())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/stand-in",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(self.id),
            "X-Hub-Signature-256": signature(self._secret, body),
        }
        return Delivery(
            id=next(self._ids),
            guid=guid,
            event=event,
            action=payload.get("action"),
            payload=body,
            headers=headers,
            repository=payload.get("repository", {}).get("full_name", ""),
            delivered_at=datetime.now(UTC),
        )

    def _keep(self, delivery: Delivery) -> None:
        with self._changed:
            self._deliveries[delivery.id] = delivery

    def _submit(self, delivery: Delivery) -> None:
        if self._senders is not None:
            self._senders.submit(self._send, delivery)

    def _send(self, delivery: Delivery) -> None:
        began = time.monotonic()
        if urlsplit(self.url).hostname in _NOBODY:
            self._settle(delivery, "failed to connect to host")
            return
        try:
            answer = self._http.request(
                "POST", self.url, body=delivery.payload, headers=delivery.headers
            )
        except HTTPError as error:
            logger.warning("delivery %s: %s", delivery.guid, type(error).__name__)
            delivery.duration = time.monotonic() - began
            self._settle(delivery, "failed to connect to host")
            return
        delivery.duration = time.monotonic() - began
        self._settle(delivery, answer.reason or "", answer.status, answer.data)

    def _settle(self, delivery: Delivery, status: str, code: int = 0, answer: bytes = b"") -> None:
        with self._changed:
            delivery.answer, delivery.status_code = answer, code
            delivery.status = "OK" if delivery.succeeded else status or str(code)
            self._changed.notify_all()


def signature(secret: bytes, body: bytes) -> str:
    """Return the value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
