"""A webhook and its deliveries: signed, sent, kept, and sent again when somebody asks for it.

GitHub sends each delivery once and never again by itself. Source: GitHub Docs, "Handling failed
webhook deliveries" and "Validating webhook deliveries".
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
from uuid import uuid4

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError

from local.github.model import UnknownError
from local.timers import Timers

ANSWER_SECONDS = 10
"""How long GitHub waits for an answer."""
_SENDERS = 16
_SUCCESS = range(200, 300)

logger = logging.getLogger(__name__)


class Delivery(Struct, kw_only=True):
    """One attempt to deliver an event. `guid` is the event's, the same for each attempt.

    `status_code` is 0 until there is an answer, or if there never was one.
    """

    id: int
    guid: str
    event: str
    action: str | None
    payload: bytes
    headers: dict[str, str]
    redelivery: bool = False
    delivered_at: datetime
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    answer: bytes = b""

    @property
    def succeeded(self) -> bool:
        """Whether the answer was one that GitHub takes for success."""
        return self.status_code in _SUCCESS


Plan = Callable[[Delivery], Sequence[float]]
"""After how many seconds each copy of a delivery goes out: `[]` loses it, `[0, 0]` doubles it."""


def at_once(_delivery: Delivery) -> Sequence[float]:
    """The plan of a day without faults."""
    return (0.0,)


class Hook:
    """A webhook of the address `url`, signed with `secret`: a repository's, or the App's."""

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

    def start(self) -> None:
        """Send from now on."""
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="webhook")
        self._timers.start()

    def stop(self) -> None:
        """Send no more; what is being sent is awaited."""
        self._timers.stop()
        if self._senders is not None:
            self._senders.shutdown(cancel_futures=True)
        self._http.clear()

    def deliver(self, event: str, payload: dict[str, Any]) -> Delivery:
        """Send an event as the plan says; the delivery that is kept of it."""
        delivery = self._made(event, payload)
        self._keep(delivery)
        delays = self.plan(delivery)
        if not delays:
            self._settle(delivery, "failed to connect to host")
        for seconds in delays:
            self._timers.after(seconds, lambda: self._submit(delivery))
        return delivery

    def redeliver(self, delivery_id: int) -> Delivery:
        """Send one again, whatever the plan.

        Raises:
            UnknownError: there is none of that id.
        """
        old = self.delivery(delivery_id)
        again = Delivery(
            id=next(self._ids),
            guid=old.guid,
            event=old.event,
            action=old.action,
            payload=old.payload,
            headers=old.headers,
            redelivery=True,
            delivered_at=datetime.now(UTC),
        )
        self._keep(again)
        self._timers.after(0, lambda: self._submit(again))
        return again

    def deliveries(self) -> list[Delivery]:
        """Every delivery, the newest first."""
        with self._changed:
            return list(reversed(self._deliveries.values()))

    def delivery(self, delivery_id: int) -> Delivery:
        """One delivery.

        Raises:
            UnknownError: there is none of that id.
        """
        with self._changed:
            if delivery_id not in self._deliveries:
                raise UnknownError(f"delivery {delivery_id}")
            return self._deliveries[delivery_id]

    def settled(self, timeout: float) -> bool:
        """Wait that many seconds until each delivery has an answer or none; whether they have."""
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
    """The value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
