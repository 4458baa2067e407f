"""Sends the output of a function to its log group in CloudWatch Logs, as Lambda does."""

import time
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

from local.part import Part

_LOOK_SECONDS = 0.25
_MAX_LINES = 1000
"""Events per PutLogEvents; the limit is 10,000. Source: CloudWatch Logs API Reference."""


class LogDelivery(Part):
    """Follows the output file of a function and sends complete lines."""

    def __init__(self, logs: Any, group: str, output: Path) -> None:
        self._logs = logs
        self._target = {"logGroupName": group, "logStreamName": uuid4().hex}
        self._output = output
        self._read = 0
        self._stopping = Event()
        self._thread = Thread(target=self._follow, name=f"log of {output.stem}", daemon=True)

    def start(self) -> Self:
        """Create the log stream and start to send lines."""
        self._logs.create_log_stream(**self._target)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Send the remaining lines and stop."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            self._deliver()
        self._deliver()

    def _deliver(self) -> None:
        lines = self._new_lines()
        for first in range(0, len(lines), _MAX_LINES):
            self._put(lines[first : first + _MAX_LINES])

    def _new_lines(self) -> list[str]:
        if not self._output.exists():
            return []
        with self._output.open("rb") as output:
            output.seek(self._read)
            new = output.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        return [line for line in whole.decode(errors="replace").splitlines() if line]

    def _put(self, lines: list[str]) -> None:
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        self._logs.put_log_events(**self._target, logEvents=events)
