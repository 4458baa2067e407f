"""Stubs of the AWS services that have no port: CloudWatch, CloudWatch Logs, and Lambda."""

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.cli.support import CliFleet
from tests.support import stories
from tests.support.fleet import SimulatedFleet

PAGE = 2
"""Lines in a page of the stub."""


class StubLogs:
    """CloudWatch Logs, with the lines of each stream; the token is the number of lines read.

    A page before the first line is empty, as AWS's may be.
    """

    def __init__(self) -> None:
        self.streams: dict[str, list[tuple[datetime, str]]] = {}
        self.requests: list[dict[str, Any]] = []
        self.error: ClientError | None = None

    def get_log_events(self, **request: Any) -> Any:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        if request["logStreamName"] not in self.streams:
            raise logs_error(
                "ResourceNotFoundException", "The specified log stream does not exist."
            )
        since = request.get("startTime", 0)
        lines = [
            {"timestamp": int(at.timestamp() * 1000), "message": text}
            for at, text in self.streams[request["logStreamName"]]
            if at.timestamp() * 1000 >= since
        ]
        if "nextToken" not in request:
            return {"events": [], "nextForwardToken": "f/0"}
        begin = int(request["nextToken"].partition("/")[2])
        page = lines[begin : begin + PAGE]
        return {"events": page, "nextForwardToken": f"f/{begin + len(page)}"}


def logs_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetLogEvents")


REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fleet-runner"


class StubbedFleet(CliFleet):
    """A fleet whose alarms, functions and containers' logs a test names.

    Attributes:
        error: What CloudWatch and Lambda raise; None for none.
        images: What ECR has, as DescribeImages returns it, unless it raises `image_error`.
        scheduler: The configuration of the scheduler.
    """

    def __init__(self, simulated: SimulatedFleet, *, unset: tuple[str, ...] = ()) -> None:
        super().__init__(simulated, unset=unset)
        self.events_name = "fleet-events"
        self.alarms: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.images: list[dict[str, Any]] = []
        self.image_error: Exception | None = None
        self.scheduler: dict[str, Any] = {
            "Description": "Launches runners (ecs-runner-fleet 0.1.0)",
            "Environment": {
                "Variables": {
                    "MAX_RUNNERS": "20",
                    "CIRCUIT_FAILURES": "5",
                    "IMAGE_REPOSITORY": REPOSITORY,
                }
            },
        }
        self.cloudwatch = StubLogs()

    def variable(self, name: str) -> str:
        return self.events_name if name == "EVENTS_TABLE" else super().variable(name)

    def client(self, service: str) -> Any:
        return self.cloudwatch if service == "logs" else self

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:
        assert (asked["AlarmNamePrefix"], asked["StateValue"]) == ("fleet-", "ALARM")
        if self.error:
            raise self.error
        return {"MetricAlarms": self.alarms}

    def describe_images(self, **asked: Any) -> dict[str, Any]:
        assert (asked["registryId"], asked["repositoryName"]) == ("123456789012", "fleet-runner")
        if self.image_error:
            raise self.image_error
        return {"imageDetails": self.images}

    def get_function_configuration(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"FunctionName": "fleet-scheduler"}
        if self.error:
            raise self.error
        return self.scheduler

    def writes(self, runner_id: str, *texts: str, at: float = 31.5) -> None:
        """Add lines of the runner's container, one second apart."""
        task = str(self.simulated.row(runner_id).task_arn).rpartition("/")[2]
        stream = self.cloudwatch.streams.setdefault(f"runner/runner/{task}", [])
        stream += [(stories.at(at + number), text) for number, text in enumerate(texts)]
