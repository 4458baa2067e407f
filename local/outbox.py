"""The outbox: what EventBridge Pipes do between the events table's stream and the FIFO queues.

Every new event that names a route becomes one nudge on that route's queues, in the stream's order,
at least once. Which route an event has was decided when it was appended; nothing is decided here.
"""

import json
import logging
from collections.abc import Mapping
from threading import Event
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.background import Background

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import RecordTypeDef
    from mypy_boto3_sqs import SQSClient

POLL_SECONDS = 0.05
_MAX_PAUSE_SECONDS = 1.0
_PAGE = 100

logger = logging.getLogger(__name__)


class Outbox:
    """Reads the stream from its beginning, later from where it was stopped.

    Args:
        streams: A client for the table's stream.
        sqs: A client for the queues.
        stream_arn: The stream; it has one shard, as moto's have.
        routes: From a route to the URL of its queue, or of several. An event with another route,
            or without one, nudges nobody.
        poll_seconds: How long to wait when there was nothing new.
    """

    def __init__(
        self,
        streams: "DynamoDBStreamsClient",
        sqs: "SQSClient",
        stream_arn: str,
        routes: Mapping[str, str | tuple[str, ...]],
        *,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._streams = streams
        self._sqs = sqs
        self._stream_arn = stream_arn
        self._queues = {
            route: (urls,) if isinstance(urls, str) else urls for route, urls in routes.items()
        }
        self._poll_seconds = poll_seconds
        self._last: str | None = None
        self._background = Background("outbox", self._run)

    def start(self) -> None:
        """Forward from now on."""
        self._background.start()

    def stop(self) -> None:
        """Forward no more; a call that is under way is finished."""
        self._background.stop()

    def _run(self, stopping: Event) -> None:
        iterator: str | None = None
        pause = self._poll_seconds
        while not stopping.is_set():
            try:
                iterator, found = self._page(iterator or self._locate(), stopping)
            except (BotoCoreError, ClientError) as error:
                # An iterator that expired is one of the reasons; a new one starts after the last.
                logger.warning("the outbox tries again after %s", error)
                iterator, found = None, 0
                pause = min(2 * pause, _MAX_PAUSE_SECONDS)
            else:
                pause = self._poll_seconds
            if not found:
                stopping.wait(pause)

    def _locate(self) -> str:
        """An iterator after the last forwarded record, or at the oldest."""
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
        """Forward what there is; the next iterator and how many records there were."""
        page = self._streams.get_records(ShardIterator=iterator, Limit=_PAGE)
        for record in page["Records"]:
            if stopping.is_set():
                break
            self._forward(record)
            self._last = record["dynamodb"]["SequenceNumber"]
        return page.get("NextShardIterator"), len(page["Records"])

    def _forward(self, record: "RecordTypeDef") -> None:
        if record["eventName"] != "INSERT":
            return
        image = record["dynamodb"]["NewImage"]
        for url in self._queues.get(image.get("route", {}).get("S", ""), ()):
            stream, event_id = image["stream"]["S"], image["id"]["S"]
            self._sqs.send_message(
                QueueUrl=url,
                MessageBody=json.dumps({"stream": stream, "event": event_id}),
                MessageGroupId=stream,
                MessageDeduplicationId=event_id,
            )
