"""The log of a runner's container in CloudWatch Logs, by GetLogEvents, to its end and further.

The stream of a container is `<prefix>/<container>/<task id>`. Source: AWS Prescriptive Guidance,
"Amazon ECS container logs for EC2 and Fargate launch types".
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from cli.history.phrase import task_name
from shared.adapters.aws_errors import LOGS, translate
from shared.adapters.ecs import CONTAINER

STREAM_PREFIX = "runner"
"""`awslogs-stream-prefix` of the base task definition; see `terraform/modules/fleet/main.tf`."""
_NOT_FOUND = "ResourceNotFoundException"
_GROUP = "log group"
"""Part of the message if the group does not exist: "The specified log group does not exist." The
absence of a stream has the same code, and "log stream". Neither is documented; moto has the same
words."""


class NoLogGroupError(Exception):
    """The log group does not exist."""


class LogsClient(Protocol):
    """What is used of boto3's client."""

    def get_log_events(self, **request: Any) -> Any:
        """See boto3."""
        ...


class LogLine(Struct, frozen=True, kw_only=True):
    """One line of a container's log.

    Attributes:
        at: When it was logged.
        message: The line.
    """

    runner_id: str
    at: datetime
    message: str


class ContainerLog:
    """The log of one task, read forwards. Each call of `new_lines` continues where the last ended.

    Args:
        client: Returns the client; not called before something is read.
        since: The begin, inclusive; None for the first line.
    """

    def __init__(
        self,
        client: Callable[[], LogsClient],
        group: str,
        runner_id: str,
        task_arn: str,
        since: datetime | None,
    ) -> None:
        self._client = client
        self._runner_id = runner_id
        self._token: str | None = None
        self._request: dict[str, Any] = {
            "logGroupName": group,
            "logStreamName": f"{STREAM_PREFIX}/{CONTAINER}/{task_name(task_arn)}",
            "startFromHead": True,
        }
        if since is not None:
            self._request["startTime"] = int(since.timestamp() * 1000)

    def new_lines(self) -> Iterator[LogLine]:
        """Yield the lines up to the present end; none while the stream does not exist.

        A page may be empty before the end, which is where the same token is returned. Source:
        Amazon CloudWatch Logs API Reference, GetLogEvents, `nextForwardToken`.

        Raises:
            NoLogGroupError: the log group does not exist.
            Unavailable, Refused: the log can't be read.
        """
        while True:
            page = self._page()
            if page is None:
                return
            for event in page["events"]:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield LogLine(runner_id=self._runner_id, at=at, message=event["message"])
            token = page["nextForwardToken"]
            if token == self._token:
                return
            self._token = token

    def _page(self) -> Any:
        """Return the next page, or None if there is no such stream."""
        token = {} if self._token is None else {"nextToken": self._token}
        try:
            return self._client().get_log_events(**self._request, **token)
        except ClientError as error:
            answer: Any = error.response["Error"]
            if answer.get("Code") != _NOT_FOUND:
                raise translate(LOGS, error) from error
            if _GROUP in answer.get("Message", ""):
                raise NoLogGroupError(self._request["logGroupName"]) from error
            return None
        except BotoCoreError as error:
            raise translate(LOGS, error) from error
