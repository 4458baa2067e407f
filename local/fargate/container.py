"""One container as a process: its start, its output, its end. Knows no task and no AWS."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread


class Container:
    """A running process in a session of its own, so that nothing of it outlives it.

    Args:
        command: The program and its arguments.
        environment: All that the process sees.
        directory: Where it runs; `output.log` in it takes what it prints.
        on_exit: Called with the exit code, on a thread of its own, when the process is gone.

    Raises:
        OSError: the command can't be started.
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
            self._process = subprocess.Popen(  # noqa: S603 - the command is the stack's own
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
        """The process, which is also the id of its group."""
        return self._process.pid

    def terminate(self) -> None:
        """Send SIGTERM to the first process alone, as a container's init gets it."""
        self._process.terminate()

    def kill(self) -> None:
        """Send SIGKILL to all of it; nothing happens if it is gone."""
        if self._process.returncode is None:
            self._kill_group()

    def join(self, timeout: float) -> bool:
        """Wait that many seconds for the end; whether it has come."""
        self._waiter.join(timeout)
        return not self._waiter.is_alive()

    def _wait(self) -> None:
        code = self._process.wait()
        # The end of a container's first process is the end of all the others.
        self._kill_group()
        self._on_exit(128 - code if code < 0 else code)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
