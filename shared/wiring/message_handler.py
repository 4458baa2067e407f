"""What the consumers of the two queues share: a batch of nudges in, partial failures out.

A message says which stream to look at, never what to do. One that must wait is made visible again
when it is time; one that failed comes back after the queue's visibility timeout and ends in the
dead-letter queue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError

from shared import settings
from shared.domain.actions import Role
from shared.domain.events import Event, SlotFreed
from shared.domain.runner.deadlines import is_ttl_stop
from shared.domain.stream import NoSuchStream, StreamId
from shared.domain.unreadable import Unreadable
from shared.engine.drive import Driven, Driver
from shared.nudge import Nudge
from shared.ports import Clock, Conflict, Unavailable
from shared.wiring.backends import REAL, Backends
from shared.wiring.dependencies import dependencies
from shared.wiring.policy import FleetSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_VISIBILITY_SECONDS = 43_200
"""Source: Amazon SQS Developer Guide, "Visibility timeout"."""
BACKOFF_FIRST, BACKOFF_MOST = 2.0, 900.0
"""Seconds until a message that failed is received again: after the first receive, and at most."""
TIME_TO_BEGIN = 0.5
"""The part of the function's time in which it begins with messages; the rest is for finishing."""


class ConsumerSettings(FleetSettings, frozen=True, kw_only=True):
    """The environment of the scheduler and of the reconciler: `queue_url` is the queue it reads."""

    queue_url: str


class NotYetError(Exception):
    """The message is to come back later. Only what SQS takes for a failure comes back."""


@dataclass(frozen=True, kw_only=True)
class MessageHandler:
    """Drives the stream that each message of a batch names."""

    driver: Driver
    sqs: "SQSClient"
    queue_url: str
    clock: Clock
    logger: Logger
    metrics: Metrics

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """The batch's partial response: which messages SQS should keep."""
        self.metrics.add_metric("Nudges", MetricUnit.Count, len(event["Records"]))
        remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())
        begun_by = self.clock.now() + remaining * TIME_TO_BEGIN
        # A failed message must not hold up the jobs of other groups in the batch.
        processor = SqsFifoPartialProcessor(skip_group_on_error=True)
        processor.raise_on_entire_batch_failure = False  # each message speaks for itself
        begun: set[str] = set()
        response = process_partial_response(
            event=event,
            record_handler=partial(self._record, begun_by, begun),
            processor=processor,
            context=context,
        )
        failed = {one["itemIdentifier"] for one in response["batchItemFailures"]}
        for record in map(SQSRecord, event["Records"]):
            if record.message_id in failed - begun:  # in flight, it would block its group
                self._again(record, 0, "a message of its stream before it failed")
        return dict(response)

    def _record(self, begun_by: datetime, begun: set[str], record: SQSRecord) -> None:
        begun.add(record.message_id)
        if self.clock.now() > begun_by:
            raise self._again(record, 0, "the function's time is up")
        nudge = self._nudge(record)
        if nudge is None:
            return
        with self.logger.append_context_keys(**stream_keys(nudge.stream)):
            driven = self._drive(record, nudge)
            if driven.retry_at is not None:
                raise self._again(record, self._wait(record, driven), driven.reason)

    def _nudge(self, record: SQSRecord) -> Nudge | None:
        """The message; None if nobody can read it: what comes back holds up others of its group.

        To drop it does no harm. A nudge holds nothing, and the Janitor makes up for it.
        """
        try:
            nudge = msgspec.json.decode(record.body, type=Nudge)
            StreamId(nudge.stream)
        except (msgspec.DecodeError, UnicodeError, RecursionError, NoSuchStream) as error:
            unreadable(self.logger, self.metrics)(
                Unreadable(f"message {record.message_id}", str(error))
            )
            return None
        return nudge

    def _drive(self, record: SQSRecord, nudge: Nudge) -> Driven:
        try:
            return self.driver.drive(nudge.stream, cause=nudge.event)
        except Conflict as error:
            self.metrics.add_metric("Contention", MetricUnit.Count, 1)
            raise self._again(record, backoff(record), f"contention: {error}") from error
        except Unavailable as error:
            wait = max(backoff(record), (error.retry_after or 0.0) * (1 + _spread(record) / 2))
            raise self._again(record, wait, error.reason) from error
        except Unreadable as error:
            unreadable(self.logger, self.metrics)(error)
            raise self._again(record, backoff(record), str(error)) from error
        except Exception as error:
            self.logger.exception("the stream could not be driven; the message comes back")
            self.metrics.add_metric("DriveFailed", MetricUnit.Count, 1)
            raise self._again(record, backoff(record), str(error)) from error

    def _wait(self, record: SQSRecord, driven: Driven) -> float:
        now = self.clock.now()
        seconds = ((driven.retry_at or now) - now).total_seconds()
        if not driven.unavailable:
            return seconds
        return max(seconds * (1 + _spread(record) / 2), backoff(record))

    def _again(self, record: SQSRecord, seconds: float, reason: str) -> "NotYetError":
        """Make the message visible again after so many seconds; what to raise then.

        If that can't be said, it comes back after the queue's visibility timeout.
        """
        delay = min(MAX_VISIBILITY_SECONDS, max(0, ceil(seconds)))
        self.logger.info("waiting", reason=reason, seconds=delay)
        self.metrics.add_metric("Waiting", MetricUnit.Count, 1)
        try:
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url,
                ReceiptHandle=record.receipt_handle,
                VisibilityTimeout=delay,
            )
        except (BotoCoreError, ClientError) as error:
            self.logger.warning("the visibility timeout was not changed", reason=str(error))
        return NotYetError(f"{reason}; again in {delay} s")


def backoff(record: SQSRecord) -> float:
    """Seconds until a message is tried again that failed: more with each receive, with jitter.

    An outage of hours leaves no dead letter: after ten receives it is received four times an hour.
    """
    receives = int(record.attributes.approximate_receive_count)
    longest = min(BACKOFF_MOST, BACKOFF_FIRST * float(2 ** min(receives - 1, 30)))
    return longest * (1 + _spread(record)) / 2


def _spread(record: SQSRecord) -> float:
    """From 0 to 1, another one with each message and receive, so that not all come back at once."""
    receives = record.attributes.approximate_receive_count
    return crc32(f"{record.message_id}/{receives}".encode()) / 0xFFFFFFFF


def message_handler(
    role: Role,
    environment: Mapping[str, str],
    logger: Logger,
    metrics: Metrics,
    backends: Backends = REAL,
) -> MessageHandler:
    """The consumer for `role`, wired to AWS and GitHub.

    Raises:
        SettingsError: the environment lacks something.
    """
    mine = settings.load(ConsumerSettings, environment)
    deps = dependencies(mine, backends, rate_limit(metrics), unreadable(logger, metrics))
    driver = Driver(deps=deps, actor=role.value, roles=(role,), on_event=observe(logger, metrics))
    return MessageHandler(
        driver=driver,
        sqs=backends.clients.sqs(),
        queue_url=mine.queue_url,
        clock=deps.clock,
        logger=logger,
        metrics=metrics,
    )


def observe(logger: Logger, metrics: Metrics) -> Callable[[str, Event], None]:
    """What to call for each event that a drive appends: one log line and one count."""

    def seen(stream: str, event: Event) -> None:
        runner_id = getattr(event.fact, "runner_id", None)
        reason = getattr(event.fact, "reason", None)
        with logger.append_context_keys(**stream_keys(stream, runner_id)):
            logger.info(event.type, event_id=event.id, reason=reason)
            if isinstance(event.fact, SlotFreed) and event.fact.circuit_opened:
                logger.error("so many launches were broken that they are tried one at a time")
                metrics.add_metric("CircuitOpened", MetricUnit.Count, 1)
        metrics.add_metric(event.type, MetricUnit.Count, 1)
        if is_ttl_stop(event.fact):
            metrics.add_metric("TtlStops", MetricUnit.Count, 1)

    return seen


def unreadable(logger: Logger, metrics: Metrics) -> Callable[[Unreadable], None]:
    """What to call for each thing that is left out because it can't be read: it has an alarm."""

    def seen(error: Unreadable) -> None:
        logger.error("left out, for it can't be read", key=error.key, reason=error.problem)
        metrics.add_metric("Unreadable", MetricUnit.Count, 1)

    return seen


def rate_limit(metrics: Metrics) -> Callable[[str, int], None]:
    """What to call after each answer of GitHub: how many requests it still takes this hour.

    GitHub counts by resource: `core`, or another one, whose name ends the metric's.
    """

    def seen(resource: str, remaining: int) -> None:
        if resource == "core":
            metrics.add_metric("GitHubRateLimitRemaining", MetricUnit.Count, remaining)
        else:
            name = f"GitHubRateLimitRemaining_{resource}"
            metrics.add_metric(name, MetricUnit.Count, remaining)

    return seen


def stream_keys(stream: str, runner_id: str | None = None) -> dict[str, Any]:
    """What every log line about a stream carries."""
    return {"stream": stream, "job_id": StreamId(stream).job_id, "runner_id": runner_id}
