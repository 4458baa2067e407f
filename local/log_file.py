"""Sends the lines of a growing file to a log stream of CloudWatch Logs."""

import time
from pathlib import Path
from typing import Any

_MAX_LINES = 1000
"""Events per PutLogEvents; the limit is 10,000. Source: CloudWatch Logs API Reference."""


class LogFile:
    """A file of output, and the log stream that gets its complete lines. Not thread-safe."""

    def __init__(self, logs: Any, group: str, stream: str, output: Path) -> None:
        self._logs = logs
        self._target = {"logGroupName": group, "logStreamName": stream}
        self._output = output
        self._read = 0

    def create(self) -> None:
        """Create the log stream."""
        self._logs.create_log_stream(**self._target)

    def deliver(self) -> None:
        """Send the complete lines that are new, with the present time."""
        lines = self._new_lines()
        for first in range(0, len(lines), _MAX_LINES):
            self._put(lines[first : first + _MAX_LINES])

    def _new_lines(self) -> list[str]:
        if not self._output.exists() or self._output.stat().st_size <= self._read:
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
