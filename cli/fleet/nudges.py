"""Nudges put on the FIFO queues by hand, for the replay tool.

Of the functions only the outbox sends, from the log's stream.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.adapters.aws_errors import SQS, translated
from shared.nudge import Nudge, queues_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsNudges:
    """`Nudges` on one FIFO queue a route; the message group is the stream.

    Args:
        urls: The queue URL of each route, such as `scheduler`.
    """

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, route: str, stream: str, deduplication_id: str) -> None:
        """See `Nudges.send`."""
        for one in queues_of(route, self._urls):
            self._send(self._urls[one], stream, deduplication_id)

    def _send(self, url: str, stream: str, deduplication_id: str) -> None:
        with translated(SQS, f"{url}: "):
            self._client.send_message(
                QueueUrl=url,
                MessageBody=Nudge(stream, deduplication_id).body(),
                MessageGroupId=stream,
                MessageDeduplicationId=deduplication_id,
            )
