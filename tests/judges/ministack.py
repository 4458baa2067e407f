"""ministack as a process: an emulator of AWS that shares no code with moto, on 127.0.0.1."""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

import urllib3

from local.clients import Clients
from local.part import Part
from tests.judges.missing import missing

PYTHON = Path(__file__).resolve().parents[2] / ".venv-ministack" / "bin" / "python"
_READY_SECONDS = 60
_STOP_SECONDS = 10
_IDLE_SECONDS = 3600


class Ministack(Part):
    """All of AWS on a free port, empty when it starts.

    Args:
        directory: Where it writes its log and unpacks functions.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._clients = Clients(self.url)
        self._made: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def printed(self) -> str:
        """Its log."""
        return (self.directory / "ministack.log").read_text()

    def client(self, service: str) -> Any:
        """The client for a service, such as `sqs`."""
        if service not in self._made:
            self._made[service] = self._clients.make(service)
        return self._made[service]

    def start(self) -> Self:
        """Start it, and return when it answers; the test is skipped if it is not installed."""
        if not PYTHON.exists():
            missing("ministack is not installed; run: make judges")
        with (self.directory / "ministack.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + _READY_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self.printed
            assert time.monotonic() < end, self.printed
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """End the process and what it has started."""
        self._clients.close()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _command(self) -> list[str]:
        """As `ministack --detach` runs itself, but for how long a connection may be idle.

        AWS's SDK for Go, which Terraform uses, keeps one for 90 seconds: if ministack closed it
        earlier, the answer to a request that comes just then would be lost, and a repeated
        creation is a conflict.
        """
        app = ["-m", "hypercorn", "ministack.app:app", "--bind", f"127.0.0.1:{self.port}"]
        return [str(PYTHON), *app, "--keep-alive", str(_IDLE_SECONDS), "--workers", "0"]

    def _environment(self) -> dict[str, str]:
        """Nothing of whoever runs the tests but the path."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",  # listens on a port of its own
            "DOCKER_HOST": "unix:///nowhere",  # as on a machine without Docker
        }

    def _answers(self) -> bool:
        try:
            health = f"{self.url}/_ministack/health"
            return urllib3.request("GET", health, retries=False, timeout=2).status == 200
        except urllib3.exceptions.HTTPError:
            return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
