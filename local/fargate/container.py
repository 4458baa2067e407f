"""Runs one container as a process: start, output, end. It does not depend on ECS."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread


class Container:
    """A running process in its own session, so that all its child processes end with it.

    Args:
        command: The program and its arguments.
        environment: The complete environment of the process.
        directory: Working directory. Its file `output.log` contains the output.
        on_exit: Called with the exit code, on a separate thread, when the process has ended.

    Raises:
        OSError: The command can't be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        on_exit: Callable[[int], None],
    ) -> None:
        with (directory / "output.log").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - a constant command
                command,
                env=environment,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._on_exit = on_exit
        self._waiter = Thread(target=self._wait, name=f"container-{self.pid}", daemon=True)
        self._waiter.start()

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its process group."""
        return self._process.pid

    def terminate(self) -> None:
        """Send SIGTERM to the first process only, as a container runtime does."""
        self._process.terminate()

    def kill(self) -> None:
        """Send SIGKILL to the process group. Without effect if the process has ended."""
        if self._process.returncode is None:
            self._kill_group()

    def join(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for the end; return whether the process has ended."""
        self._waiter.join(timeout)
        return not self._waiter.is_alive()

    def _wait(self) -> None:
        code = self._process.wait()
        # When the first process of a container ends, all its other processes end.
        self._kill_group()
        self._on_exit(128 - code if code < 0 else code)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
