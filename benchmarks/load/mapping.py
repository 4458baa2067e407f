"""Simulates the event source mapping of a FIFO queue, with pollers that receive batches.

The number of pollers is the number of message groups with visible messages, up to the maximum
concurrency. For standard queues Lambda begins with five and adds 300 per minute while messages
wait. AWS does not document this for FIFO queues, so it is an option. Source: AWS Lambda Developer
Guide, "Configuring scaling behavior for SQS event source mappings".
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.load.fibers import Fibers
from benchmarks.load.lambdas import Lambda
from benchmarks.load.options import Delays
from shared.domain.actions import Role
from tests.simulated.aws.sqs import SQS
from tests.simulation.world.functions import FailedError
from tests.simulation.world.plumbing import record

_SECOND = 1.0
_MINUTE = 60.0


class Mapping:
    """One queue and its function.

    Attributes:
        longest: Maximum number of messages in the queue, including those in flight.
        on_batch: Called with the groups of a batch when its invocation begins.
    """

    def __init__(
        self,
        fibers: Fibers,
        delays: Delays,
        sqs: SQS,
        lambdas: Lambda,
        *,
        role: Role,
        url: str,
        batch: int,
        concurrency: int,
        pollers: tuple[int, float] | None,
    ) -> None:
        self.longest = 0
        self.on_batch: Callable[[Role, list[str]], None] = lambda _role, _groups: None
        self._fibers = fibers
        self._delays = delays
        self._sqs = sqs
        self._lambdas = lambdas
        self._role = role
        self._url = url
        self._batch = batch
        self._concurrency = concurrency
        self._first, self._more = pollers or (concurrency, 0.0)
        self._pollers = float(self._first)
        self._running = 0
        self._most = 0
        self._waking: float | None = None
        self._is_ramping = False
        sqs.queues[url].woken = self._woken
        fibers.after(_MINUTE, self._scale_back)

    def _woken(self) -> None:
        self.longest = max(self.longest, self._sqs.queues[self._url].size)
        self._wake(self._fibers.seconds)

    def _wake(self, at: float) -> None:
        """Schedule a poll soon after that time, unless an earlier one is scheduled."""
        at += self._delays.draw("poll", self._fibers.rng)
        if self._waking is None or at < self._waking - 1e-6:
            self._waking = at
            self._fibers.after(at - self._fibers.seconds, partial(self._poll, at))

    def _poll(self, at: float) -> None:
        if self._waking != at:
            return
        self._waking = None
        while self._running < self._allowed():
            received = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=self._batch
            )
            if "Messages" not in received:
                break
            self._running += 1
            self._most = max(self._most, self._running)
            self._fibers.start(partial(self._consume, received["Messages"]))
        following = self._sqs.next_visible(self._url)
        if following is None:
            return
        if self._running < self._allowed():
            self._wake(max(following, self._fibers.seconds))
        elif following <= self._fibers.seconds and not self._is_ramping:
            self._is_ramping = True
            self._fibers.after(_SECOND, self._ramp)

    def _consume(self, messages: list[dict[str, Any]]) -> None:
        """Process one batch. Successful messages are deleted; failed ones stay hidden."""
        self.on_batch(self._role, [one["Attributes"]["MessageGroupId"] for one in messages])
        try:
            batch = {"Records": [record(one) for one in messages]}
            failed = self._lambdas.consume(self._role, batch)
        except FailedError:
            failed = [one["MessageId"] for one in messages]
        done = [one for one in messages if one["MessageId"] not in failed]
        if done:
            self._fibers.spend(self._delays.draw("sqs", self._fibers.rng))
        for message in done:
            receipt = message["ReceiptHandle"]
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
        self._running -= 1
        self._wake(self._fibers.seconds)

    def _allowed(self) -> int:
        return min(self._concurrency, int(self._pollers))

    def _ramp(self) -> None:
        """Add pollers while messages wait."""
        self._is_ramping = False
        self._pollers = min(self._concurrency, self._pollers + self._more / _MINUTE)
        self._wake(self._fibers.seconds)

    def _scale_back(self) -> None:
        """Reduce the pollers to the number that was used in the last minute."""
        self._pollers = max(float(self._first), min(self._pollers, float(self._most)))
        self._most = self._running
        self._fibers.after(_MINUTE, self._scale_back)
