"""Simulates the calls of a function: each has a latency, is counted, and can hit a limit.

A write to DynamoDB checks its condition and takes effect at the end of its latency. Meanwhile a
transaction holds its items. Throttled calls are retried as botocore does.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from botocore.exceptions import ClientError

from benchmarks.load.fibers import Fibers
from benchmarks.load.limits import Holds, Place, TokenBucket
from benchmarks.load.options import Delays
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.errors import error
from tests.simulated.aws.paging import Paginator
from tests.simulated.names import FLEET
from tests.simulation.world.faults import Cut, Invocation

TRIES = 3
"""See `shared.adapters.clients`."""
_THROTTLED = ("ThrottlingException", "RequestLimitExceeded", "SlowDown", "RequestThrottled")
"""Source: botocore, retries/standard.py, ThrottledRetryableChecker."""
_LONGEST_PAUSE = 20.0
_FORBIDDEN = (403, 429)
_WRITES = {"put_item": "Put", "update_item": "Update", "delete_item": "Delete"}
_BY_SERVICE = {"dynamodb": "read", "s3": "s3", "ssm": "ssm", "sqs": "sqs"}


@dataclass(kw_only=True)
class Traffic:
    """The state that all functions share: the clock, the limits and the counters.

    Attributes:
        calls: Number of calls by function and operation, including retries.
        refused: Number of failed transactions by cause: `conflict on counter`, …
        github_refused: Number of responses in which GitHub limits the rate.
        throttled: Number of throttled RunTask calls.
    """

    fibers: Fibers
    delays: Delays
    dynamodb: DynamoDB
    run_task: TokenBucket
    holds: Holds = field(default_factory=Holds)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    github_refused: int = 0
    throttled: int = 0

    def forget(self) -> None:
        """Reset the counters."""
        self.calls.clear()
        self.refused.clear()
        self.github_refused = self.throttled = 0


class Calls:
    """The calls of one execution environment, one invocation at a time.

    Attributes:
        is_cut: Whether an invocation timed out, which ends the environment.
    """

    def __init__(self, traffic: Traffic, function: str, timeout: float) -> None:
        self.invocations: list[Invocation] = []
        self.is_cut = False
        self._traffic = traffic
        self._function = function
        self._timeout = timeout
        self._rng: Random = traffic.fibers.rng

    def sleep(self, seconds: float) -> None:
        """Suspend the function."""
        self._spend(seconds)

    def make(self, operation: str, call: Callable[[], Any], **_faults: Any) -> Any:
        """Make a call to GitHub, which takes effect after half of its latency."""
        self._count(operation)
        half = self._traffic.delays.draw("github", self._rng) / 2
        self._spend(half)
        answer = call()
        if answer.status in _FORBIDDEN:
            self._traffic.github_refused += 1
        self._spend(half)
        return answer

    def aws(self, service: str, operation: str, client: Any, asked: dict[str, Any]) -> Any:
        """Make a call to AWS, and retry it while it is throttled."""
        if operation == "transact_write_items":
            asked = asked | {"ClientRequestToken": str(UUID(int=self._rng.getrandbits(128)))}
        for attempt in range(TRIES):
            try:
                return self._tried(service, operation, client, asked)
            except ClientError as refusal:
                code = refusal.response["Error"]["Code"]
                if code not in _THROTTLED or attempt == TRIES - 1:
                    raise
                self._spend(self._rng.random() * min(2.0**attempt, _LONGEST_PAUSE))
        raise AssertionError("the last try returns or raises")

    def _tried(self, service: str, operation: str, client: Any, asked: dict[str, Any]) -> Any:
        self._count(f"{service}.{operation}")
        method = getattr(client, operation)
        if operation == "transact_write_items":
            return self._transaction(method, asked)
        name = "run_task" if operation == "run_task" else _BY_SERVICE.get(service, "other")
        half = self._traffic.delays.draw(name, self._rng) / 2
        self._spend(half)
        try:
            self._admit(operation, asked)
            return method(**asked)
        finally:
            self._spend(half)

    def _admit(self, operation: str, asked: dict[str, Any]) -> None:
        """Reject a call over a rate limit, or a write to an item that a transaction holds."""
        traffic = self._traffic
        if operation == "run_task" and not traffic.run_task.take(traffic.fibers.seconds):
            traffic.throttled += 1
            raise error("ThrottlingException", "Rate exceeded", "RunTask")
        if operation in _WRITES and any(traffic.holds.taken([self._place(asked)])):
            message = "Transaction is ongoing for the item"
            raise error("TransactionConflictException", message, operation)

    def _transaction(self, method: Callable[..., Any], asked: dict[str, Any]) -> Any:
        traffic = self._traffic
        held = traffic.delays.draw("held", self._rng)
        around = max(0.0, traffic.delays.draw("transaction", self._rng) - held) / 2
        places = [self._place(one) for item in asked["TransactItems"] for one in item.values()]
        self._spend(around)
        try:
            taken = traffic.holds.taken(places)
            if any(taken):
                raise _conflict(taken)
            traffic.holds.hold(places)
            try:
                self._spend(held)
                return method(**asked)
            finally:
                traffic.holds.release(places)
        except ClientError as refusal:
            traffic.refused[_cause(refusal, places)] += 1
            raise
        finally:
            self._spend(around)

    def _place(self, asked: dict[str, Any]) -> Place:
        table = self._traffic.dynamodb.tables[asked["TableName"]]
        return asked["TableName"], table.key(asked.get("Item") or asked["Key"])

    def _count(self, operation: str) -> None:
        self._traffic.calls[self._function, operation] += 1

    def _spend(self, seconds: float) -> None:
        """Wait, but not longer than the remaining time of the invocation."""
        invocation = self.invocations[-1]
        left = self._timeout - invocation.used
        invocation.used += seconds
        self._traffic.fibers.spend(min(seconds, left))
        if seconds > left:
            self.is_cut = True
            raise Cut(f"{invocation.function} took {self._timeout} s")


class Client:
    """A simulated AWS client for a function."""

    def __init__(self, service: str, client: Any, calls: Calls) -> None:
        self.exceptions = getattr(client, "exceptions", None)
        self.meta = getattr(client, "meta", None)
        self._service = service
        self._client = client
        self._calls = calls

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)
        return lambda **asked: self._calls.aws(self._service, operation, self._client, asked)

    def get_paginator(self, operation: str) -> Paginator:
        """Return a paginator like boto3's: each page is a separate call."""
        return Paginator(getattr(self, operation), operation)


def _conflict(taken: Iterable[bool]) -> ClientError:
    codes = ["TransactionConflict" if one else "None" for one in taken]
    message = f"Transaction cancelled, please refer cancellation reasons [{', '.join(codes)}]"
    return error(
        "TransactionCanceledException",
        message,
        "TransactWriteItems",
        CancellationReasons=[{"Code": code} for code in codes],
    )


def _cause(refusal: ClientError, places: list[Place]) -> str:
    """Return the cause of a failed transaction: its first item with a reason."""
    response: Any = refusal.response
    reasons = response.get("CancellationReasons", [])
    for reason, place in zip(reasons, places, strict=False):
        if reason["Code"] != "None":
            kind = "conflict" if reason["Code"] == "TransactionConflict" else "condition"
            return f"{kind} on {_subject(place)}"
    return str(response["Error"]["Code"])


def _subject(place: Place) -> str:
    table, key = place
    if table == FLEET.events_table:
        return "stream"
    return "counter" if str(key[0][1]).startswith("slots") else "row"
