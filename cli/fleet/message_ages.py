"""What only CloudWatch knows of a queue: how long its oldest message has been there.

SQS itself has no such attribute, and to look at a live FIFO queue would hide messages from its
consumer.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.aws_errors import CLOUDWATCH, translate
from shared.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

_PERIOD = 60
_LOOK_BACK = timedelta(minutes=10)
"""SQS publishes once a minute, and a point may come some minutes late."""


class MessageAges:
    """Ages of oldest messages; the client is made when first asked for.

    Args:
        client: Makes or returns the client.
    """

    def __init__(self, client: Callable[[], "CloudWatchClient"], clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def oldest(self, queue_name: str) -> float | None:
        """Seconds, by the newest data point; None if there is none of late.

        Raises:
            Refused, Unavailable.
        """
        query: MetricDataQueryTypeDef = {
            "Id": "age",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{"Name": "QueueName", "Value": queue_name}],
                },
                "Period": _PERIOD,
                "Stat": "Maximum",
            },
        }
        now = self._clock.now()
        try:
            answer = self._client().get_metric_data(
                MetricDataQueries=[query],
                StartTime=now - _LOOK_BACK,
                EndTime=now,
                ScanBy="TimestampDescending",
            )
        except (BotoCoreError, ClientError) as error:
            raise translate(CLOUDWATCH, error) from error
        return next((value for one in answer["MetricDataResults"] for value in one["Values"]), None)
