"""An event source mapping of a DynamoDB stream: invokes a function in order, at least once.

After a partial failure it retries from the first failed record. A batch that fails as a whole is
bisected, so that one record does not block the others for long. A record that is too old is
discarded. Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", "Configuring
partial batch response with DynamoDB and Lambda" and "Lambda parameters for Amazon DynamoDB event
source mappings".
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.background import Background
from local.description import MAX_RECORD_AGE_SECONDS, STREAM_BATCH
from local.lambdas.function import Invoker, Result
from local.lambdas.host import HostNotRunningError

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

POLL_SECONDS = 0.05
IDLE_POLL_SECONDS = 0.25
"""Between two reads of a stream that is at rest, as on AWS. Source: AWS Lambda Developer Guide,
"Using AWS Lambda with Amazon DynamoDB", "Polling and batching streams"."""
_RESTING_READS = 40
"""Reads without a record after which a stream counts as at rest."""
_MAX_PAUSE_SECONDS = 1.0

Record = dict[str, Any]
logger = logging.getLogger(__name__)


def passes(record: Record) -> bool:
    """Apply the filters of Terraform's mapping: a new event to forward, or a change."""
    change = record["dynamodb"]
    new = change.get("NewImage", {})
    return "route" in new or "notices" in new or "stream" in change.get("OldImage", {})


class StreamMapping:
    """Invokes a function with the records of a stream, from its beginning or the last position.

    Args:
        host: Invokes the function.
        function: Name of the function.
        streams: The client of the stream.
        stream_arn: ARN of the stream. It has one shard, as all streams in moto.
        batch_size: Maximum number of records per invocation.
        poll_seconds: Delay after an empty poll or a failure.
        max_age_seconds: Maximum age of a record that is retried.
        clock: Returns seconds.
    """

    def __init__(
        self,
        host: Invoker,
        function: str,
        streams: "DynamoDBStreamsClient",
        stream_arn: str,
        *,
        batch_size: int = STREAM_BATCH,
        poll_seconds: float = POLL_SECONDS,
        max_age_seconds: float = MAX_RECORD_AGE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self._function = function
        self._streams = streams
        self._stream_arn = stream_arn
        self._batch_size = batch_size
        self._poll_seconds = poll_seconds
        self._max_age = max_age_seconds
        self._clock = clock
        self._last: str | None = None
        self._background = Background(f"{function}-stream", self._run)

    def start(self) -> None:
        """Start to read the stream."""
        self._background.start()

    def stop(self) -> None:
        """Stop reading, and wait for the current invocation."""
        self._background.stop()

    def _run(self, stopping: Event) -> None:
        iterator: str | None = None
        pause, empty = self._poll_seconds, 0
        while not stopping.is_set():
            try:
                iterator, found = self._page(iterator or self._locate(), stopping)
            except (BotoCoreError, ClientError) as error:
                # The iterator can have expired. A new one starts after the last record.
                logger.warning("%s: reading the stream again after %s", self._function, error)
                iterator, found = None, 0
                pause = min(2 * pause, _MAX_PAUSE_SECONDS)
            else:
                empty = 0 if found else empty + 1
                resting = empty > _RESTING_READS
                pause = max(self._poll_seconds, IDLE_POLL_SECONDS if resting else 0)
            if not found:
                stopping.wait(pause)

    def _locate(self) -> str:
        """Return an iterator after the last forwarded record, or at the oldest record."""
        shard = self._streams.describe_stream(StreamArn=self._stream_arn)
        shard_id = shard["StreamDescription"]["Shards"][0]["ShardId"]
        position: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if self._last is not None:
            position = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "SequenceNumber": self._last,
            }
        return self._streams.get_shard_iterator(
            StreamArn=self._stream_arn, ShardId=shard_id, **position
        )["ShardIterator"]

    def _page(self, iterator: str, stopping: Event) -> tuple[str | None, int]:
        """Process one page; return the next iterator and the number of records."""
        page = self._streams.get_records(ShardIterator=iterator, Limit=self._batch_size)
        records = [as_event(dict(one)) for one in page["Records"]]
        if self._hand_over([one for one in records if passes(one)], stopping) and records:
            self._last = _number(records[-1])
        return page.get("NextShardIterator"), len(records)

    def _hand_over(self, batch: list[Record], stopping: Event) -> bool:
        """Invoke the function until all records are forwarded or discarded; False if stopped."""
        began = self._clock()
        while batch:
            if stopping.is_set():
                return False
            result = self._invoke(batch)
            left = unforwarded(result, batch)
            if left != batch:
                self._last = _number(batch[len(batch) - len(left) - 1])
            elif result.error is not None and len(batch) > 1:
                half = len(batch) // 2
                if not self._hand_over(batch[:half], stopping):
                    return False
                left = batch[half:]
            elif self._clock() - began > self._max_age:
                logger.error("%s: a record is discarded: %s", self._function, left[0]["dynamodb"])
                left = left[1:]
            else:
                stopping.wait(self._poll_seconds)
            batch = left
        return True

    def _invoke(self, batch: list[Record]) -> Result:
        try:
            return self._host.invoke(self._function, {"Records": batch})
        except HostNotRunningError:  # the host stopped before this event source
            failed = {"batchItemFailures": [{"itemIdentifier": _number(batch[0])}]}
            return Result(request_id="", payload=failed)


def as_event(record: Record) -> Record:
    """Convert a record of GetRecords to Lambda's format, with the time in seconds since 1970."""
    change = dict(record["dynamodb"])
    created = change.get("ApproximateCreationDateTime")
    if isinstance(created, datetime):
        change["ApproximateCreationDateTime"] = created.timestamp()
    return {**record, "dynamodb": change}


def unforwarded(result: Result, batch: list[Record]) -> list[Record]:
    """Return the records to retry: all, or those from the first failed one.

    A malformed response means that all failed. Source: AWS Lambda Developer Guide,
    "Configuring partial batch response with DynamoDB and Lambda", success and failure conditions.
    """
    if result.error is not None or not isinstance(result.payload, dict | None):
        return batch
    failures = (result.payload or {}).get("batchItemFailures") or []
    numbers = [_number(one) for one in batch]
    named = [one.get("itemIdentifier") if isinstance(one, dict) else None for one in failures]
    if any(name not in numbers for name in named):
        return batch
    first = next((one for one, number in enumerate(numbers) if number in named), len(batch))
    return batch[first:]


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
