"""Asynchronous invocation with a queue, retries and an on-failure destination.

Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
invocation" and "Capturing records of Lambda asynchronous invocations".
"""

import heapq
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from threading import Condition, Event
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from local.background import Background
from local.lambdas.function import ACCOUNT, REGION, FunctionError, Invoker, Result
from local.lambdas.host import HostNotRunningError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

AWS_RETRY_DELAYS = (60.0, 120.0)
"""Delay in seconds before Lambda's second and third attempts."""

LOCAL_RETRY_DELAYS = (0.2, 0.5)
"""Shorter delays for the demo."""

_PAUSE_SECONDS = 0.2

OnFailure = Callable[[dict[str, Any]], None]

logger = logging.getLogger(__name__)


@dataclass(order=True)
class _Attempt:
    """An attempt that is due at `due`, in monotonic seconds."""

    due: float
    order: int
    event: Any = field(compare=False)
    request_id: str = field(compare=False)
    number: int = field(compare=False, default=1)


class AsynchronousInvoker:
    """Accepts events for one function and invokes it in the background.

    Args:
        host: Invokes the function.
        function: Name of the function.
        retry_delays: Delay in seconds before each retry; their number is the number of retries.
        on_failure: Called with the invocation record of an event whose last attempt failed.
        workers: Maximum number of concurrent invocations.
    """

    def __init__(
        self,
        host: Invoker,
        function: str,
        *,
        retry_delays: Sequence[float] = LOCAL_RETRY_DELAYS,
        on_failure: OnFailure | None = None,
        workers: int = 2,
    ) -> None:
        self._host = host
        self._function = function
        self._delays = tuple(retry_delays)
        self._on_failure = on_failure
        self._changed = Condition()
        self._waiting: list[_Attempt] = []
        self._in_work = 0
        self._stopped = False
        self._order = count()
        self._background = Background(f"{function}-async", self._work, workers)

    def start(self) -> None:
        """Start to invoke the function for past and future events."""
        self._stopped = False
        self._background.start()

    def stop(self) -> None:
        """Finish the current invocations and drop waiting events."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._background.stop()
        if self._waiting:
            logger.info("%s: %d waiting events dropped", self._function, len(self._waiting))
            self._waiting.clear()

    def send(self, event: Any) -> str:
        """Accept the event; return the request id of all its attempts."""
        request_id = str(uuid4())
        with self._changed:
            self._push(_Attempt(time.monotonic(), next(self._order), event, request_id))
        return request_id

    def settled(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until all events are processed; return whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._in_work, timeout)

    def _push(self, attempt: _Attempt) -> None:
        heapq.heappush(self._waiting, attempt)
        self._changed.notify_all()

    def _work(self, _stopping: Event) -> None:
        while (attempt := self._next()) is not None:
            again = self._attempt(attempt)
            with self._changed:
                self._in_work -= 1
                if again is not None:
                    self._push(again)
                self._changed.notify_all()

    def _next(self) -> _Attempt | None:
        """Wait for a due attempt and return it; None after the stop."""
        with self._changed:
            while not self._stopped:
                left = self._waiting[0].due - time.monotonic() if self._waiting else None
                if left is not None and left <= 0:
                    self._in_work += 1
                    return heapq.heappop(self._waiting)
                self._changed.wait(left)
        return None

    def _attempt(self, attempt: _Attempt) -> _Attempt | None:
        """Invoke the function; return the retry, if any."""
        try:
            result = self._invoke(attempt)
        except HostNotRunningError:  # the host stopped first: this does not count as an attempt
            return replace(attempt, due=time.monotonic() + _PAUSE_SECONDS)
        if result.error is None:
            return None
        if attempt.number <= len(self._delays):
            due = time.monotonic() + self._delays[attempt.number - 1]
            return _Attempt(
                due, next(self._order), attempt.event, attempt.request_id, attempt.number + 1
            )
        logger.warning("%s: given up: %s", self._function, result.error.message)
        self._keep(failure_record(self._function, attempt.event, attempt.number, result))
        return None

    def _invoke(self, attempt: _Attempt) -> Result:
        try:
            return self._host.invoke(self._function, attempt.event, request_id=attempt.request_id)
        except HostNotRunningError:
            raise
        except (LookupError, RuntimeError, ValueError) as error:
            failure = FunctionError(type=type(error).__name__, message=str(error))
            return Result(request_id=attempt.request_id, error=failure)

    def _keep(self, record: dict[str, Any]) -> None:
        if self._on_failure is None:
            return
        try:
            self._on_failure(record)
        except Exception:  # as in AWS, only the record is lost if the destination fails
            logger.exception("%s: the failed event could not be kept", self._function)


def failure_record(function: str, event: Any, attempts: int, result: Result) -> dict[str, Any]:
    """Return the invocation record that Lambda sends to an on-failure destination."""
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": result.request_id,
            "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": result.error.payload() if result.error else None,
    }


def to_queue(sqs: "SQSClient", queue_url: str) -> OnFailure:
    """Return an on-failure destination that sends to a standard queue, as Lambda requires."""

    def send(record: dict[str, Any]) -> None:
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(record))

    return send
