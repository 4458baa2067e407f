"""What the consumers of the two queues share: a batch of nudges in, partial failures out.

A message says which stream to look at, never what to do. One that must wait is made visible again
when it is time; one that failed comes back after the queue's visibility timeout and ends in the
dead-letter queue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from msgspec import Struct

from shared import settings
from shared.domain.actions import Role
from shared.domain.deadlines import is_ttl_stop
from shared.domain.events import Event, SlotFreed
from shared.domain.names import stream_job
from shared.engine.drive import Driven, Driver
from shared.ports import Clock
from shared.wiring.fleet import world
from shared.wiring.outside import REAL, Outside
from shared.wiring.policy import FleetSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_VISIBILITY_SECONDS = 43_200
"""Source: Amazon SQS Developer Guide, "Visibility timeout"."""


class ConsumerSettings(FleetSettings, frozen=True, kw_only=True):
    """The environment of the scheduler and of the reconciler: `queue_url` is the queue it reads."""

    queue_url: str


class Nudge(Struct, frozen=True):
    """The message: look at `stream`; `event` is what led to it."""

    stream: str
    event: str | None = None


class NotYetError(Exception):
    """The message is to come back later. Only what SQS takes for a failure comes back."""


@dataclass(frozen=True, kw_only=True)
class Consumer:
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
        # A failed message must not hold up the jobs of other groups in the batch.
        processor = SqsFifoPartialProcessor(skip_group_on_error=True)
        processor.raise_on_entire_batch_failure = False  # each message speaks for itself
        response = process_partial_response(
            event=event, record_handler=self._record, processor=processor, context=context
        )
        return dict(response)

    def _record(self, record: SQSRecord) -> None:
        nudge = msgspec.json.decode(record.body, type=Nudge)
        with self.logger.append_context_keys(**stream_keys(nudge.stream)):
            try:
                driven = self.driver.drive(nudge.stream, cause=nudge.event)
            except Exception:
                self.logger.exception("the stream could not be driven; the message comes back")
                self.metrics.add_metric("DriveFailed", MetricUnit.Count, 1)
                raise
            if driven.retry_at is not None:
                self._come_back(record, driven, driven.retry_at)

    def _come_back(self, record: SQSRecord, driven: Driven, at: datetime) -> None:
        seconds = (at - self.clock.now()).total_seconds()
        delay = min(MAX_VISIBILITY_SECONDS, max(1, round(seconds)))
        self.sqs.change_message_visibility(
            QueueUrl=self.queue_url, ReceiptHandle=record.receipt_handle, VisibilityTimeout=delay
        )
        self.logger.info("waiting", reason=driven.reason, seconds=delay)
        self.metrics.add_metric("Waiting", MetricUnit.Count, 1)
        raise NotYetError(f"{driven.reason}; again in {delay} s")


def consumer(
    role: Role,
    environment: Mapping[str, str],
    logger: Logger,
    metrics: Metrics,
    outside: Outside = REAL,
) -> Consumer:
    """The consumer for `role`, wired to AWS and GitHub.

    Raises:
        SettingsError: the environment lacks something.
    """
    mine = settings.load(ConsumerSettings, environment)
    fleet = world(mine, outside, rate_limit(metrics))
    driver = Driver(world=fleet, actor=role.value, roles=(role,), on_event=observe(logger, metrics))
    return Consumer(
        driver=driver,
        sqs=outside.clients.sqs(),
        queue_url=mine.queue_url,
        clock=fleet.clock,
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
                logger.error("so many launches have failed in a row that the others wait")
                metrics.add_metric("CircuitOpened", MetricUnit.Count, 1)
        metrics.add_metric(event.type, MetricUnit.Count, 1)
        if is_ttl_stop(event.fact):
            metrics.add_metric("TtlStops", MetricUnit.Count, 1)

    return seen


def rate_limit(metrics: Metrics) -> Callable[[int, int], None]:
    """What to call after each answer of GitHub: how many requests it still takes this hour."""

    def seen(remaining: int, _limit: int) -> None:
        metrics.add_metric("GitHubRateLimitRemaining", MetricUnit.Count, remaining)

    return seen


def stream_keys(stream: str, runner_id: str | None = None) -> dict[str, Any]:
    """What every log line about a stream carries."""
    return {"stream": stream, "job_id": stream_job(stream), "runner_id": runner_id}
