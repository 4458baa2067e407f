"""A Fargate stand-in on the patched moto, and what a test wants to know of it."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from local.fargate.fargate import Fargate
from local.fargate.lifecycle import Delays

WAIT = 20
"""Seconds after which a test that waits for something fails."""


class Stand:
    """One stand-in, and the clients to talk to it through moto."""

    def __init__(self, ecs: Any, s3: Any, fleet: dict[str, Any], **options: Any) -> None:
        self.ecs = ecs
        self.s3 = s3
        self.fleet = fleet
        self.seen: list[dict[str, Any]] = []
        self._events: Queue[dict[str, Any]] = Queue()
        self.fargate = Fargate(
            s3=s3,
            on_event=lambda event: self._events.put(json.loads(json.dumps(event))),
            **{"delays": Delays(provisioning=0, pending=0, deprovisioning=0)} | options,
        )

    def put_environment(self, text: str) -> str:
        """An environment file; its ARN."""
        bucket = self.fleet["cluster"]
        self.s3.put_object(Bucket=bucket, Key="runner.env", Body=text.encode())
        return f"arn:aws:s3:::{bucket}/runner.env"

    def run(self, file: str | None = None, **more: Any) -> str:
        """Start a task, with an environment file if its ARN is given; the task's ARN."""
        override: dict[str, Any] = {"name": "runner"}
        if file:
            override["environmentFiles"] = [{"value": file, "type": "s3"}]
        overrides = {"cpu": "512", "memory": "1024", "containerOverrides": [override]}
        (task,) = self.ecs.run_task(**self.fleet, overrides=overrides, **more)["tasks"]
        return str(task["taskArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        """The task as DescribeTasks shows it."""
        (task,) = self.ecs.describe_tasks(cluster=self.fleet["cluster"], tasks=[arn])["tasks"]
        return dict(task)

    def stop(self, arn: str, reason: str = "idle") -> dict[str, Any]:
        """StopTask; the task as it answers."""
        answer = self.ecs.stop_task(cluster=self.fleet["cluster"], task=arn, reason=reason)
        return dict(answer["task"])

    def event(self, status: str) -> dict[str, Any]:
        """Wait for the event that tells of that status; its detail."""
        while not self.seen or self.seen[-1]["detail"]["lastStatus"] != status:
            self.seen.append(self._events.get(timeout=WAIT))
        return dict(self.seen[-1]["detail"])

    def output(self, arn: str) -> list[str]:
        """The lines that the task's process has printed."""
        return self.fargate.log_path(arn).read_text().splitlines()


class Signal:
    """A pipe into which a process of a test writes when it is ready: no polling of files."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path

    def wait(self) -> str:
        """Wait for the process to write; what it wrote."""
        return self.path.read_text().strip()


@pytest.fixture
def ready(tmp_path: Path) -> Signal:
    """A script says `echo … > {ready.path}` when it has come so far."""
    return Signal(tmp_path / "ready")


@pytest.fixture
def start(
    client: Callable[..., Any], fleet: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[..., Stand]]:
    """Starts a stand-in whose tasks run a shell script, without delays unless they are given."""
    started: list[Stand] = []

    def make(script: str = "exit 0", **options: Any) -> Stand:
        defaults = {"command": ["/bin/sh", "-c", script], "directory": tmp_path / "tasks"}
        stand = Stand(client("ecs"), client("s3"), fleet, **defaults | options)
        stand.fargate.start()
        started.append(stand)
        return stand

    yield make
    for stand in started:
        stand.fargate.stop()
