"""The consumer of a queue: handles a batch of nudges, and returns a partial batch response.

A message names a stream, never an action. If the stream has to wait, or the drive fails, the
message's visibility timeout is set to the delay and the message is received again. A message that
fails too often ends in the dead-letter queue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import (
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError

from shared import settings
from shared.domain import codec
from shared.domain.actions import Role
from shared.domain.history import read
from shared.domain.stream import NoSuchStream, StreamId
from shared.domain.unreadable import Unreadable
from shared.engine.drive import Driven, Driver
from shared.engine.transact import AnyHistory
from shared.nudge import Nudge
from shared.ports import Clock, Conflict, Unavailable
from shared.reporting import count, observe, rate_limit, stream_keys, unreadable
from shared.wiring.backends import REAL, Backends
from shared.wiring.dependencies import dependencies
from shared.wiring.policy import FleetSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_VISIBILITY_SECONDS = 43_200
"""Source: Amazon SQS Developer Guide, "Visibility timeout"."""
BACKOFF_FIRST, BACKOFF_MOST = 2.0, 900.0
"""Backoff in seconds of a message that failed: after the first receive, and at most."""
TIME_TO_BEGIN = 0.5
"""The fraction of the function's time in which it begins messages; the rest is to finish them."""


class ConsumerSettings(FleetSettings, frozen=True, kw_only=True):
    """The environment of the scheduler and of the reconciler: `queue_url` is the queue it reads."""

    queue_url: str


class NotYetError(Exception):
    """The message must be received again later, so it is reported as failed to SQS."""


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
        """Handle a batch, and return its partial response: the messages that SQS keeps.

        An empty batch, by which a schedule keeps an environment warm, is an error to Powertools.
        """
        if not event["Records"]:
            return {"batchItemFailures": []}
        remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())
        begun_by = self.clock.now() + remaining * TIME_TO_BEGIN
        # A failed message must not delay the messages of other groups in the batch.
        processor = SqsFifoPartialProcessor(skip_group_on_error=True)
        processor.raise_on_entire_batch_failure = False  # always return a partial response
        begun: set[str] = set()
        response = process_partial_response(
            event=event,
            record_handler=partial(self._record, begun_by, begun),
            processor=processor,
            context=context,
        )
        failed = {one["itemIdentifier"] for one in response["batchItemFailures"]}
        for record in map(SQSRecord, event["Records"]):
            if record.message_id in failed - begun:  # while it is in flight it blocks its group
                self._again(record, 0, "an earlier message of its stream failed")
        return dict(response)

    def _record(self, begun_by: datetime, begun: set[str], record: SQSRecord) -> None:
        begun.add(record.message_id)
        if self.clock.now() > begun_by:
            raise self._again(record, 0, "the function has too little time left")
        nudge = self._nudge(record)
        if nudge is None:
            return
        with self.logger.append_context_keys(**stream_keys(nudge.stream)):
            driven = self._drive(record, nudge)
            if driven.retry_at is not None:
                raise self._again(record, self._wait(record, driven), driven.reason)

    def _nudge(self, record: SQSRecord) -> Nudge | None:
        """Return the nudge, or None if the message can't be decoded.

        Such a message is dropped, since a retry would block its group. That is harmless: a nudge
        holds nothing that the log does not, and the Janitor drives streams whose nudge was lost.
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
            return self.driver.drive(
                nudge.stream, cause=nudge.event, history=_history(record, nudge)
            )
        except Conflict as error:
            raise self._again(record, backoff(record), f"contention: {error}") from error
        except Unavailable as error:
            wait = max(backoff(record), (error.retry_after or 0.0) * (1 + _spread(record) / 2))
            raise self._again(record, wait, error.reason) from error
        except Unreadable as error:
            unreadable(self.logger, self.metrics)(error)
            raise self._again(record, backoff(record), str(error)) from error
        except Exception as error:
            self.logger.exception("driving the stream failed; the message is retried")
            count(self.metrics, "DriveFailed")
            raise self._again(record, backoff(record), str(error)) from error

    def _wait(self, record: SQSRecord, driven: Driven) -> float:
        now = self.clock.now()
        seconds = ((driven.retry_at or now) - now).total_seconds()
        if not driven.unavailable:
            return seconds
        return max(seconds * (1 + _spread(record) / 2), backoff(record))

    def _again(self, record: SQSRecord, seconds: float, reason: str) -> "NotYetError":
        """Set the message's visibility timeout to `seconds`, and return the exception to raise.

        If the call fails, the queue's visibility timeout remains in effect.
        """
        delay = min(MAX_VISIBILITY_SECONDS, max(0, ceil(seconds)))
        self.logger.info("waiting", reason=reason, seconds=delay)
        try:
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url,
                ReceiptHandle=record.receipt_handle,
                VisibilityTimeout=delay,
            )
        except (BotoCoreError, ClientError) as error:
            self.logger.warning("the visibility timeout was not changed", reason=str(error))
        return NotYetError(f"{reason}; again in {delay} s")


def _history(record: SQSRecord, nudge: Nudge) -> AnyHistory | None:
    """Return the stream as it was with its first event, which came with the nudge; None if not.

    A message that is received again is about a stream that has probably grown.
    """
    if nudge.first is None or int(record.attributes.approximate_receive_count) > 1:
        return None
    try:
        return read(nudge.stream, [codec.recorded(nudge.stream, 1, nudge.first)])
    except Unreadable:
        return None  # the drive reads the stream, and reports what it finds


def backoff(record: SQSRecord) -> float:
    """Return the backoff in seconds of a message that failed: exponential, with jitter.

    After ten receives a message is received four times an hour, so an outage of hours leaves no
    dead letter.
    """
    receives = int(record.attributes.approximate_receive_count)
    longest = min(BACKOFF_MOST, BACKOFF_FIRST * float(2 ** min(receives - 1, 30)))
    return longest * (1 + _spread(record)) / 2


def _spread(record: SQSRecord) -> float:
    """Return the jitter, from 0 to 1: a hash of the message's id and its receive count."""
    receives = record.attributes.approximate_receive_count
    return crc32(f"{record.message_id}/{receives}".encode()) / 0xFFFFFFFF


def message_handler(
    role: Role,
    environment: Mapping[str, str],
    logger: Logger,
    metrics: Metrics,
    backends: Backends = REAL,
) -> MessageHandler:
    """Return the consumer for `role`, wired to AWS and GitHub.

    Raises:
        SettingsError: variables are missing or wrong.
    """
    mine = settings.load(ConsumerSettings, environment)
    deps = dependencies(
        mine,
        backends,
        on_rate_limit=rate_limit(logger, backends.clock),
        on_unreadable=unreadable(logger, metrics),
    )
    driver = Driver(deps=deps, actor=role.value, roles=(role,), on_event=observe(logger, metrics))
    return MessageHandler(
        driver=driver,
        sqs=backends.clients.sqs(),
        queue_url=mine.queue_url,
        clock=deps.clock,
        logger=logger,
        metrics=metrics,
    )
