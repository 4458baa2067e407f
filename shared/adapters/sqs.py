"""Nudges put on the FIFO queues by hand, for the replay tool.

Of the functions only the outbox sends, from the log's stream.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.nudge import Nudge, queues_of
from shared.ports import Refused, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_PASSING = (
    "InternalFailure",
    "RequestThrottled",
    "ServiceUnavailable",
    "ThrottlingException",
)


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
        try:
            self._client.send_message(
                QueueUrl=url,
                MessageBody=Nudge(stream, deduplication_id).body(),
                MessageGroupId=stream,
                MessageDeduplicationId=deduplication_id,
            )
        except (BotoCoreError, ClientError) as error:
            raise translated(error, url) from error


def translated(error: BotoCoreError | ClientError, url: str) -> Refused | Unavailable:
    """What SQS answered, or why it did not, in the ports' terms."""
    if isinstance(error, ClientError) and error.response["Error"]["Code"] not in _PASSING:
        return Refused(f"SQS: {url}: {error}")
    return Unavailable(f"SQS: {url}: {error}")
