"""Emulates EventBridge Scheduler: calls a target with an event at a fixed rate."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from typing import Any, Generic, TypeVar
from uuid import uuid4

from local.background import Background
from local.lambdas.function import ACCOUNT, REGION

Outcome = TypeVar("Outcome")

logger = logging.getLogger(__name__)


class Schedule(Generic[Outcome]):
    """Calls `target` with a scheduled event every `seconds`; the first call is after that time.

    A slow target delays its next event. Scheduler invokes functions asynchronously, so the usual
    target is `AsynchronousInvoker.send`.
    """

    def __init__(
        self, name: str, target: Callable[[dict[str, Any]], Outcome], seconds: float
    ) -> None:
        if seconds <= 0:
            raise ValueError(f"schedule {name}: a rate of {seconds} s is not more than 0")
        self._name = name
        self._target = target
        self._seconds = seconds
        self._background = Background(f"{name}-schedule", self._run)

    def start(self) -> None:
        """Start to call the target."""
        self._background.start()

    def stop(self) -> None:
        """Stop calling the target, and wait for the current call."""
        self._background.stop()

    def trigger(self) -> Outcome:
        """Call the target now and return its result."""
        return self._target(scheduled_event(self._name, datetime.now(UTC)))

    def _run(self, stopping: Event) -> None:
        while not stopping.wait(self._seconds):
            try:
                self.trigger()
            except Exception:  # the next call can succeed
                logger.exception("the schedule %s could not call its target", self._name)


def scheduled_event(name: str, now: datetime) -> dict[str, Any]:
    """Return the event of a schedule without an explicit input.

    Source: Amazon EventBridge Scheduler User Guide, "Templated targets", Lambda.
    """
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"],
        "detail": "{}",
    }
