"""What the tests of the Lambda host and of its sources share."""

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from local.lambdas.function import Function, FunctionError, Result

HANDLERS = Path(__file__).parent / "handlers"
PATIENCE = 20
"""Seconds after which a test gives up on what it waits for."""


def function(act: str, **more: Any) -> Function:
    """A function named after the handler in `handlers/acts.py` that it runs."""
    settings = {"name": act, "handler": f"acts.{act}", "path": [HANDLERS], **more}
    return Function(**settings)


class PlayedHost:
    """An `Invoker` whose functions are all `answer`, in this process.

    What `answer` raises is the function's error.
    """

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self._answer = answer
        self._lock = threading.Condition()
        self.calls: list[tuple[str, Any, str | None]] = []

    @property
    def events(self) -> list[Any]:
        return [event for _, event, _ in self.calls]

    def invoke(self, name: str, event: Any, *, request_id: str | None = None) -> Result:
        with self._lock:
            self.calls.append((name, event, request_id))
            self._lock.notify_all()
        request_id = request_id or "a-request"
        try:
            return Result(request_id=request_id, payload=self._answer(event))
        except Exception as error:  # noqa: BLE001  # a handler may raise anything
            told = FunctionError(type=type(error).__name__, message=str(error))
            return Result(request_id=request_id, error=told)

    def await_calls(self, count: int) -> list[Any]:
        """The events of the first `count` calls."""
        with self._lock:
            there = self._lock.wait_for(lambda: len(self.calls) >= count, PATIENCE)
            assert there, f"{len(self.calls)} of {count} calls came"
            return self.events[:count]


class Gate:
    """Where invocations wait until they are let through."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self.port = self._listener.getsockname()[1]
        self._waiting: dict[int, socket.socket] = {}

    def arrives(self) -> int:
        """Wait for the next one; its process id."""
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE)
        pid = int(connection.makefile().readline())
        self._waiting[pid] = connection
        return pid

    def let_through(self, pid: int) -> None:
        with self._waiting.pop(pid) as connection:
            connection.sendall(b".")

    def hears_the_end_of(self, pid: int) -> bool:
        """Wait until the process is gone."""
        return self._waiting[pid].recv(1) == b""

    def close(self) -> None:
        for connection in self._waiting.values():
            connection.close()
        self._listener.close()


@contextmanager
def moto() -> Iterator[str]:
    """Plain moto over HTTP; its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def client(service: str, endpoint: str) -> Iterator[Any]:
    made = boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    try:
        yield made
    finally:
        made.close()


def make_fifo(sqs: Any, **attributes: str) -> str:
    """The URL of a new FIFO queue."""
    name = f"q-{uuid.uuid4().hex[:12]}.fifo"
    made = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true", **attributes})
    return str(made["QueueUrl"])


def bodies(sqs: Any, queue: str, count: int) -> list[dict[str, Any]]:
    """Take the next `count` messages off the queue, waiting for them."""
    taken: list[dict[str, Any]] = []
    while len(taken) < count:
        got = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=min(10, count - len(taken)),
            WaitTimeSeconds=PATIENCE,
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        assert got, f"{len(taken)} of {count} messages came"
        for one in got:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
        taken += got
    return taken
