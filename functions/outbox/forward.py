"""Forwards records of the table's DynamoDB stream: nudges to the queues, notices to the event bus.

Each new event with a route is sent to each queue of the route, at least once. The append decides
the route and the notices; no rule lives here. A record that can't be converted to a message is
logged, counted and skipped, so that the records behind it in the shard are sent. The Janitor drives
its stream. If SQS does not accept a message for now, its record is reported to Lambda, which
retries from there on.

Notices are published after the nudges, and one that EventBridge does not accept is put into the
queue `undelivered`, which has an alarm. So only SQS, when it does not answer, holds up a shard. A
notice that SQS rejects is skipped, too; the log has it.

Events are never changed, but IAM can't allow inserts without allowing replacements. So a record of
a replaced or removed event raises an alarm. The function's log then holds the original event.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from functions.outbox.notices import Bus
from shared.adapters.aws_errors import SQS, translated
from shared.domain.notices import Notice
from shared.nudge import Nudge, queues_of
from shared.ports import Refused, Unavailable
from shared.reporting import count

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_BATCH = 10
"""Maximum number of messages in one call. Source: Amazon SQS API Reference, SendMessageBatch."""


_NEW = "INSERT"
"""MODIFY and REMOVE should not occur. Source: Amazon DynamoDB API Reference, Record."""


class OutgoingNudge(Struct, frozen=True):
    """A nudge for `queue`; `record` is the sequence number of the stream record.

    `first`: see `Nudge.first`.
    """

    record: str
    queue: str
    stream: str
    event: str
    first: str | None

    def entry(self, number: int) -> "SendMessageBatchRequestEntryTypeDef":
        """Return the entry of a batch. SQS drops duplicates of the same event for five minutes."""
        return {
            "Id": str(number),
            "MessageBody": Nudge(self.stream, self.event, self.first).body(),
            "MessageGroupId": self.stream,
            "MessageDeduplicationId": self.event,
        }


class OutgoingNotice(Struct, frozen=True):
    """A notice for the event bus; `record` is the sequence number of the stream record."""

    record: str
    notice: Notice


class Outbox(Struct, frozen=True, kw_only=True):
    """Forwards batches of stream records.

    Attributes:
        urls: The URLs of the consumers' queues by name.
        undelivered: The URL of the queue for notices that EventBridge did not accept.
    """

    sqs: "SQSClient"
    urls: Mapping[str, str]
    bus: Bus
    undelivered: str
    logger: Logger
    metrics: Metrics

    def forward(self, batch: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Send the nudges of all records of a batch, then publish their notices.

        Returns:
            A partial batch response: the first record with a message that SQS did not accept.
            Lambda retries from it on. Records behind it were sent, too, and are sent again.
            Source: AWS Lambda Developer Guide, "Configuring partial batch response with DynamoDB
            and Lambda".
        """
        records = batch["Records"]
        outgoing = [one for record in records for one in self._outgoing(record)]
        nudges = [one for one in outgoing if isinstance(one, OutgoingNudge)]
        notices = [one for one in outgoing if isinstance(one, OutgoingNotice)]
        failed = {*self._nudge(nudges), *self._publish(notices)}
        numbers = [_sequence_number(record) for record in records]
        first = next((one for one in numbers if one in failed), None)
        return {"batchItemFailures": [{"itemIdentifier": first}] if first else []}

    def _outgoing(self, record: Mapping[str, Any]) -> Iterator[OutgoingNudge | OutgoingNotice]:
        try:
            if record["eventName"] != _NEW:
                self._report_change(record)
                return
            yield from _nudges(record, self.urls)
            yield from _notices(record)
        except (LookupError, TypeError, ValueError) as error:
            self._skip(_sequence_number(record), f"it is not an event: {error!r}")

    def _nudge(self, nudges: Sequence[OutgoingNudge]) -> Iterator[str]:
        """Send the nudges. Yield the records whose messages SQS did not accept for now."""
        for queue, url in self.urls.items():
            for entries in _batches(one for one in nudges if one.queue == queue):
                yield from self._send(url, entries)

    def _send(self, url: str, nudges: list[OutgoingNudge]) -> Iterator[str]:
        entries = [one.entry(number) for number, one in enumerate(nudges)]
        try:
            answer = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            self.logger.warning("nudges were not sent", queue_url=url, reason=str(error))
            yield from (one.record for one in nudges)
            return
        for refusal in answer.get("Failed", []):
            nudge = nudges[int(refusal["Id"])]
            reason = f"{refusal['Code']}: {refusal.get('Message', '')}"
            if refusal["SenderFault"]:  # a retry would fail, too
                self._skip(nudge.record, f"{nudge.event}: {reason}", nudge.stream)
            else:
                self.logger.warning("a nudge was not sent", stream=nudge.stream, reason=reason)
                yield nudge.record

    def _publish(self, notices: Sequence[OutgoingNotice]) -> Iterator[str]:
        """Publish the notices. Yield the records of those that can be sent nowhere for now."""
        for refusal in self.bus.publish([one.notice for one in notices]):
            record, body = notices[refusal.number].record, refusal.detail
            self.logger.error("a notice was not published", notice=body, reason=refusal.reason)
            try:
                with translated(SQS):
                    self.sqs.send_message(QueueUrl=self.undelivered, MessageBody=body)
            except Refused as error:  # a retry would fail, too
                self._skip(record, f"its notice: {error.reason}")
            except Unavailable as error:
                self.logger.warning("a notice was not put into the queue", reason=error.reason)
                yield record

    def _report_change(self, record: Mapping[str, Any]) -> None:
        change = record["dynamodb"]
        old = change.get("OldImage", {})
        self.logger.error(
            f"an event was changed: {record['eventName']}",
            stream=change["Keys"]["stream"]["S"],
            seq=int(change["Keys"]["seq"]["N"]),
            event_id=old.get("id", {}).get("S"),
            before=old.get("body", {}).get("S"),
        )
        count(self.metrics, "EventChanged")

    def _skip(self, record: str, reason: str, stream: str | None = None) -> None:
        self.logger.error("skipped", sequence_number=record, stream=stream, reason=reason)
        count(self.metrics, "NudgeSkipped")


def _nudges(record: Mapping[str, Any], queues: Mapping[str, str]) -> Iterator[OutgoingNudge]:
    """Yield the nudges for a new event's record; none if the event has no route.

    Source of its shape: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
    """
    item = record["dynamodb"]["NewImage"]
    if "route" not in item:
        return
    stream, event = item["stream"]["S"], item["id"]["S"]
    body = item.get("body", {}).get("S")  # absent if other software wrote the event
    first = body if item.get("seq") == {"N": "1"} else None
    for queue in queues_of(item["route"]["S"], queues):
        yield OutgoingNudge(_sequence_number(record), queue, stream, event, first)


def _notices(record: Mapping[str, Any]) -> Iterator[OutgoingNotice]:
    item = record["dynamodb"]["NewImage"]
    if "notices" in item:
        for notice in msgspec.json.decode(item["notices"]["S"], type=list[Notice]):
            yield OutgoingNotice(_sequence_number(record), notice)


def _sequence_number(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _batches(nudges: Iterable[OutgoingNudge]) -> Iterator[list[OutgoingNudge]]:
    rest = list(nudges)
    for start in range(0, len(rest), MAX_BATCH):
        yield rest[start : start + MAX_BATCH]
