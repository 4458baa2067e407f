"""Runs DynamoDB Local, AWS's DynamoDB emulator, as a process without persistent data."""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import urllib3

from local.dynamodb.install import installed
from local.part import Part

_CONFIGURATION = Path(__file__).with_name("server.xml")
_HOST = "127.0.0.1"
_READY_SECONDS = 60
_LOOK_SECONDS = 0.05
_STOP_SECONDS = 10


class DynamoDBLocal(Part):
    """DynamoDB and DynamoDB Streams on a free port of 127.0.0.1, in memory.

    All Regions and credentials share one database.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The endpoint of both services.

        Raises:
            RuntimeError: it is not running.
        """
        if self._process is None:
            raise RuntimeError("DynamoDB Local has no address before it is started")
        return f"http://{_HOST}:{self._port}"

    def start(self) -> Self:
        """Start the process and wait until it answers.

        Raises:
            NotInstalledError: DynamoDB Local or Java is not installed.
            RuntimeError: The process runs already, ended, or does not answer.
        """
        if self._process is not None:
            raise RuntimeError("DynamoDB Local is running already")
        folder = installed()
        self._port = _free_port()
        self._process = subprocess.Popen(  # noqa: S603 - a constant command
            _command(folder, self._port),
            env={**os.environ, "DDB_LOCAL_TELEMETRY": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C must not reach it: its parent stops it
        )
        try:
            self._await()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the process. Without effect if none runs."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _await(self) -> None:
        end = time.monotonic() + _READY_SECONDS
        while not _answers(self.url):
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError("DynamoDB Local ended before it answered")
            if time.monotonic() > end:
                raise RuntimeError(f"DynamoDB Local does not answer within {_READY_SECONDS} s")
            time.sleep(_LOOK_SECONDS)


def _command(folder: Path, port: int) -> list[str]:
    libraries = folder / "DynamoDBLocal_lib"
    return [
        "java",
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        f"-Djava.library.path={libraries}",
        "-cp",
        f"{folder / 'DynamoDBLocal.jar'}{os.pathsep}{libraries / '*'}",
        "org.eclipse.jetty.xml.XmlConfiguration",
        f"port={port}",
        str(_CONFIGURATION),
    ]


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _answers(url: str) -> bool:
    """Return whether the server responds; it rejects an unsigned request with status 400."""
    try:
        urllib3.request("GET", url, retries=False, timeout=2)
    except urllib3.exceptions.HTTPError:
        return False
    return True
