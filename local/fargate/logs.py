"""Sends the output of the tasks' containers to CloudWatch Logs, as the driver `awslogs` does."""

from pathlib import Path
from typing import Any, Self

from cli.fleet.container_log import STREAM_PREFIX
from local.background import Background, every
from local.log_file import LogFile
from local.part import Part
from shared.adapters.ecs import CONTAINER

_LOOK_SECONDS = 0.25


class ContainerLogs(Part):
    """Follows the output of all tasks. Each has a log stream of its own.

    Args:
        directory: Parent of the tasks' directories; see `Fargate`.
    """

    def __init__(self, logs: Any, group: str, directory: Path) -> None:
        self._logs = logs
        self._group = group
        self._directory = directory
        self._files: dict[str, LogFile] = {}
        self._follower = Background("logs of tasks", every(_LOOK_SECONDS, self._deliver))

    def start(self) -> Self:
        """Start to send lines."""
        self._follower.start()
        return self

    def stop(self) -> None:
        """Send the remaining lines and stop."""
        self._follower.stop()

    def _deliver(self) -> None:
        for output in self._directory.glob("*/output.log"):
            task_id = output.parent.name
            if task_id not in self._files:
                stream = f"{STREAM_PREFIX}/{CONTAINER}/{task_id}"
                self._files[task_id] = LogFile(self._logs, self._group, stream, output)
                self._files[task_id].create()
            self._files[task_id].deliver()
