"""Sends the output of a function to its log group in CloudWatch Logs, as Lambda does."""

from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from local.background import Background, every
from local.log_file import LogFile
from local.part import Part

_LOOK_SECONDS = 0.25


class LogDelivery(Part):
    """Follows the output file of a function and sends complete lines."""

    def __init__(self, logs: Any, group: str, output: Path) -> None:
        self._file = LogFile(logs, group, uuid4().hex, output)
        self._follower = Background(
            f"log of {output.stem}", every(_LOOK_SECONDS, self._file.deliver)
        )

    def start(self) -> Self:
        """Create the log stream and start to send lines."""
        self._file.create()
        self._follower.start()
        return self

    def stop(self) -> None:
        """Send the remaining lines and stop."""
        self._follower.stop()
