"""Forwards records of the table's DynamoDB stream as messages to the consumers' queues.

Each new event with a route is sent to each queue of the route, at least once. The append decides
the route; no rule lives here. A record that can't be converted to a message is logged, counted and
skipped, so that the records behind it in the shard are sent. The Janitor drives its stream. If SQS
does not accept a message for now, its record is reported to Lambda, which retries from there on.

Events are never changed, but IAM can't allow inserts without allowing replacements. So a record of
a replaced or removed event raises an alarm. The function's log then holds the original event.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from shared.nudge import Nudge, queues_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_BATCH = 10
"""Maximum number of messages in one call. Source: Amazon SQS API Reference, SendMessageBatch."""


_NEW = "INSERT"
"""MODIFY and REMOVE should not occur. Source: Amazon DynamoDB API Reference, Record."""


class Outgoing(Struct, frozen=True):
    """A message for `queue`; `record` is the sequence number of the stream record."""

    record: str
    queue: str
    stream: str
    event: str

    def entry(self, number: int) -> "SendMessageBatchRequestEntryTypeDef":
        """Return the entry of a batch. SQS drops duplicates of the same event for five minutes."""
        return {
            "Id": str(number),
            "MessageBody": Nudge(self.stream, self.event).body(),
            "MessageGroupId": self.stream,
            "MessageDeduplicationId": self.event,
        }


class Outbox(Struct, frozen=True, kw_only=True):
    """Forwards batches of stream records. `urls` are the queues' URLs by name."""

    sqs: "SQSClient"
    urls: Mapping[str, str]
    logger: Logger
    metrics: Metrics

    def forward(self, batch: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Send the messages for all records of a batch.

        Returns:
            A partial batch response: the first record with a message that SQS did not accept.
            Lambda retries from it on. Records behind it were sent, too, and are sent again.
            Source: AWS Lambda Developer Guide, "Configuring partial batch response with DynamoDB
            and Lambda".
        """
        records = batch["Records"]
        outgoing = [one for record in records for one in self._outgoing(record)]
        failed = {
            record
            for queue in self.urls
            for entries in _batches(one for one in outgoing if one.queue == queue)
            for record in self._send(self.urls[queue], entries)
        }
        numbers = [_sequence_number(record) for record in records]
        first = next((one for one in numbers if one in failed), None)
        return {"batchItemFailures": [{"itemIdentifier": first}] if first else []}

    def _outgoing(self, record: Mapping[str, Any]) -> Iterator[Outgoing]:
        try:
            if record["eventName"] != _NEW:
                self._report_change(record)
                return
            yield from _messages(record, self.urls)
        except (LookupError, TypeError, ValueError) as error:
            self._skip(_sequence_number(record), f"it is not an event: {error!r}")

    def _send(self, url: str, messages: list[Outgoing]) -> Iterator[str]:
        """Send one batch. Yield the records whose messages SQS did not accept for now."""
        entries = [one.entry(number) for number, one in enumerate(messages)]
        try:
            answer = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            self.logger.warning("nudges were not sent", queue_url=url, reason=str(error))
            yield from (one.record for one in messages)
            return
        for refusal in answer.get("Failed", []):
            message = messages[int(refusal["Id"])]
            reason = f"{refusal['Code']}: {refusal.get('Message', '')}"
            if refusal["SenderFault"]:  # a retry would fail, too
                self._skip(message.record, f"{message.event}: {reason}", message.stream)
            else:
                self.logger.warning("a nudge was not sent", stream=message.stream, reason=reason)
                yield message.record

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
        self.metrics.add_metric("EventChanged", MetricUnit.Count, 1)

    def _skip(self, record: str, reason: str, stream: str | None = None) -> None:
        self.logger.error("skipped", sequence_number=record, stream=stream, reason=reason)
        self.metrics.add_metric("NudgeSkipped", MetricUnit.Count, 1)


def _messages(record: Mapping[str, Any], queues: Mapping[str, str]) -> Iterator[Outgoing]:
    """Yield the messages for a new event's record; none if the event has no route.

    Source of its shape: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
    """
    item = record["dynamodb"]["NewImage"]
    if "route" not in item:
        return
    stream, event = item["stream"]["S"], item["id"]["S"]
    for queue in queues_of(item["route"]["S"], queues):
        yield Outgoing(_sequence_number(record), queue, stream, event)


def _sequence_number(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _batches(messages: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    rest = list(messages)
    for start in range(0, len(rest), MAX_BATCH):
        yield rest[start : start + MAX_BATCH]
