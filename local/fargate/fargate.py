"""The task host: runs the tasks that RunTask starts in moto, each as a process.

This module schedules the transitions. `lifecycle.py` contains the statuses and events,
`container.py` the processes.
"""

import atexit
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import task_host
from local.aws.task_host import TaskView
from local.fargate import lifecycle
from local.fargate.container import Container
from local.fargate.environment import environment_of, object_of
from local.fargate.lifecycle import Delays
from local.timers import Timers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OnEvent = Callable[[dict[str, Any]], None]
Faults = Callable[[Mapping[str, Any]], None]

_STOP_TIMEOUT = 30.0
_GRACE = 5.0
"""Grace period in seconds for the processes when the host stops."""


class Fargate:
    """Runs tasks in moto's ECS from PROVISIONING to STOPPED, each with its process.

    Args:
        s3: The client that reads the environment files.
        command: The command of a task, such as the path of `runner/entrypoint.sh`.
        directory: Parent of the tasks' directories. Each is named after the task's id and contains
            the home directory and `output.log`.
        on_event: Called with each "ECS Task State Change" event, in order, on the thread of this
            object. It must return soon, because it blocks all tasks.
        environment: Variables that the image would set, such as `RUNNER_HOME`.
        delays: Delays between the statuses of a task.
        faults: Called with each RunTask request first. It can raise `NoCapacity` or `Throttled`.
    """

    def __init__(
        self,
        *,
        s3: "S3Client",
        command: Sequence[str],
        directory: Path,
        on_event: OnEvent = lambda _event: None,
        environment: Mapping[str, str] | None = None,
        delays: Delays | None = None,
        faults: Faults = lambda _request: None,
    ) -> None:
        self.faults = faults
        self._s3 = s3
        self._command = list(command)
        self._directory = directory
        self._on_event = on_event
        self._environment = dict(environment or {})
        self._delays = delays or Delays()
        self._timers = Timers("fargate")
        self._changed = threading.Condition()
        self._tasks: dict[str, TaskView] = {}
        self._definitions: dict[str, Mapping[str, Any]] = {}
        self._containers: dict[str, Container] = {}

    def start(self) -> Self:
        """Start to control all tasks that RunTask starts.

        Raises:
            RuntimeError: Another host controls the tasks.
        """
        self._timers.start()
        try:
            task_host.attach(self)
        except RuntimeError:
            self._timers.stop()
            raise
        atexit.register(self._kill_all)
        return self

    def stop(self) -> None:
        """End all processes with SIGTERM, then SIGKILL, without events, and detach from moto."""
        task_host.detach(self)
        self._timers.stop()
        containers = list(self._containers.values())
        for one in containers:
            one.terminate()
        end = time.monotonic() + _GRACE
        for one in containers:
            if not one.join(max(0.0, end - time.monotonic())):
                one.kill()
                one.join(_GRACE)
        atexit.unregister(self._kill_all)

    def tasks(self) -> list[TaskView]:
        """Return the current state of all tasks, oldest first."""
        with self._changed:
            return deepcopy(list(self._tasks.values()))

    def wait(self, until: Callable[[list[TaskView]], bool], timeout: float) -> bool:
        """Wait up to `timeout` seconds until `until(tasks)` is true; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: until(list(self._tasks.values())), timeout)

    def log_path(self, task_arn: str) -> Path:
        """Return the file with the output of the task's process."""
        return self._home(task_arn) / "output.log"

    def stop_all(self, reason: str) -> None:
        """Stop all tasks as StopTask does."""
        for task in self.tasks():
            self.halt(task["taskArn"], reason)

    def interrupt(self, task_arn: str) -> None:
        """Interrupt the task as Fargate Spot does.

        Raises:
            ValueError: The task does not exist.
        """
        if self.view(task_arn) is None:
            raise ValueError(f"no task {task_arn}")
        self._want_stopped(task_arn, "SpotInterruption", lifecycle.SPOT_REASON)

    def admit(self, request: Mapping[str, Any]) -> None:
        """See `TaskHost.admit`."""
        self.faults(request)

    def launch(self, task: TaskView, container: Mapping[str, Any]) -> None:
        """See `TaskHost.launch`."""
        arn = task["taskArn"]
        with self._changed:
            self._definitions[arn] = container
            self._show(lifecycle.begun(task, container, _now()))
        self._timers.after(self._delays.provisioning, lambda: self._pend(arn))

    def halt(self, task_arn: str, reason: str) -> None:
        """See `TaskHost.halt`."""
        self._want_stopped(task_arn, "UserInitiated", reason)

    def view(self, task_arn: str) -> TaskView | None:
        """See `TaskHost.view`."""
        with self._changed:
            return deepcopy(self._tasks.get(task_arn))

    def _pend(self, arn: str) -> None:
        with self._changed:
            if self._is_unwanted(arn):
                return
            self._show(lifecycle.changed(self._tasks[arn], _now(), lastStatus="PENDING"))
        self._timers.after(self._delays.pending, lambda: self._run(arn))

    def _run(self, arn: str) -> None:
        task, definition = self._tasks[arn], self._definitions[arn]
        home = self._home(arn)
        home.mkdir(parents=True, exist_ok=True)
        image = {"HOME": str(home), **self._environment}
        try:
            environment = environment_of(task, definition, image, self._fetch)
            self._start_container(arn, environment)
        except (BotoCoreError, ClientError) as error:
            reason = f"ResourceInitializationError: failed to download env files: {error}"
            self._fail_to_start(arn, reason)
        except OSError as error:
            self._fail_to_start(arn, f"CannotStartContainerError: {error}")

    def _start_container(self, arn: str, environment: Mapping[str, str]) -> None:
        with self._changed:
            if self._is_unwanted(arn):
                return
            self._containers[arn] = Container(
                self._command,
                environment=environment,
                directory=self._home(arn),
                on_exit=lambda code: self._timers.after(0, lambda: self._end(arn, code)),
            )
            self._show(lifecycle.running(self._tasks[arn], _now()))

    def _fetch(self, object_arn: str) -> str:
        bucket, key = object_of(object_arn)
        return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def _fail_to_start(self, arn: str, reason: str) -> None:
        with self._changed:
            if self._is_unwanted(arn):
                return
            task = lifecycle.wanted_stopped(self._tasks[arn], _now(), "TaskFailedToStart", reason)
            self._tasks[arn] = task
        self._end(arn, None)

    def _want_stopped(self, arn: str, code: str, reason: str) -> None:
        with self._changed:
            if self._is_unwanted(arn):
                return
            self._show(lifecycle.wanted_stopped(self._tasks[arn], _now(), code, reason))
        self._timers.after(self._delays.stopping, lambda: self._signal(arn))

    def _signal(self, arn: str) -> None:
        task = self._tasks[arn]
        if task["lastStatus"] in lifecycle.WITHOUT_PROCESS:
            self._end(arn, None)
        if task["lastStatus"] != "RUNNING":
            return
        container = self._containers[arn]
        with self._changed:
            self._show(lifecycle.changed(task, _now(), lastStatus="STOPPING"))
        container.terminate()
        self._timers.after(self._stop_timeout(arn), container.kill)

    def _stop_timeout(self, arn: str) -> float:
        if self._delays.stop_timeout is not None:
            return self._delays.stop_timeout
        return float(self._definitions[arn].get("stopTimeout") or _STOP_TIMEOUT)

    def _end(self, arn: str, exit_code: int | None) -> None:
        with self._changed:
            reason = lifecycle.EXITED_REASON
            task = lifecycle.wanted_stopped(
                self._tasks[arn], _now(), "EssentialContainerExited", reason
            )
            self._show(lifecycle.ended(task, _now(), exit_code))
            self._containers.pop(arn, None)
        self._timers.after(self._delays.deprovisioning, lambda: self._stopped(arn))

    def _stopped(self, arn: str) -> None:
        now = _now()
        with self._changed:
            self._show(
                lifecycle.changed(self._tasks[arn], now, lastStatus="STOPPED", stoppedAt=now)
            )

    def _is_unwanted(self, arn: str) -> bool:
        return bool(self._tasks[arn]["desiredStatus"] == "STOPPED")

    def _show(self, task: TaskView) -> None:
        """Store a task's new state and send its event. The caller holds the lock."""
        self._tasks[task["taskArn"]] = task
        self._changed.notify_all()
        event = lifecycle.event(task, str(uuid.uuid4()), _now())
        self._timers.after(0, lambda: self._on_event(event))

    def _home(self, arn: str) -> Path:
        return self._directory / arn.rpartition("/")[2]

    def _kill_all(self) -> None:
        for container in list(self._containers.values()):
            container.kill()


def _now() -> datetime:
    return datetime.now(UTC)
