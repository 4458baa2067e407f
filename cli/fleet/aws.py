"""The AWS clients of the command line, with short timeouts. Each is created on first use."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

from cli.errors import NotConfigured
from cli.fleet.connection import DEFAULT, Connection
from cli.fleet.session import session_of
from shared.adapters.clients import config
from shared.adapters.patience import Patience

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

    from cli.fleet.intake_log import LogsClient
    from cli.fleet.named_fleet import StsClient

PATIENCE = Patience(connect=1.5, read=5)
"""Timeouts in seconds. A failure to connect is reported after 2 x 1.5 + 1 = 4 s, a missing answer
after 14 s."""
SEARCHING = Patience(connect=1.5, read=15)
"""CloudWatch may take seconds to search a page of a log."""


@contextmanager
def _checked() -> Iterator[None]:
    """Convert boto3's error about an invalid endpoint to one that names the variable."""
    try:
        yield
    except BotoCoreError:
        raise
    except ValueError as error:  # an endpoint that is not a URL
        raise NotConfigured(f"{error}; set AWS_ENDPOINT_URL to a URL, or unset it.") from error


class Clients:
    """One session and its clients, with the profile and the Region of the connection."""

    def __init__(self, connection: Connection = DEFAULT) -> None:
        self._connection = connection

    @cached_property
    def _session(self) -> "boto3.Session":
        return session_of(self._connection)

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        """The client of CloudWatch."""
        with _checked():
            return self._session.client("cloudwatch", config=config(PATIENCE))

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The client of DynamoDB."""
        with _checked():
            return self._session.client("dynamodb", config=config(PATIENCE))

    @cached_property
    def logs(self) -> "LogsClient":
        """The client of CloudWatch Logs."""
        with _checked():
            made: LogsClient = self._session.client("logs", config=config(SEARCHING))
            return made

    @cached_property
    def sqs(self) -> "SQSClient":
        """The client of SQS."""
        with _checked():
            return self._session.client("sqs", config=config(PATIENCE))

    @cached_property
    def ssm(self) -> "SSMClient":
        """The client of SSM."""
        with _checked():
            return self._session.client("ssm", config=config(PATIENCE))

    @cached_property
    def sts(self) -> "StsClient":
        """The client of STS."""
        with _checked():
            made: StsClient = self._session.client("sts", config=config(PATIENCE))
            return made
