"""Fargate tasks in memory: started once per client token, moved on by the test."""

import threading
from collections import Counter

from msgspec.structs import replace

from shared.ports import Refused, TaskSpec, TaskView

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:task/memory"


class MemoryTasks:
    """`Tasks` in a dict. `run` is idempotent by runner id, as RunTask is by client token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.tasks: dict[str, TaskView] = {}
        self.specs: dict[str, TaskSpec] = {}
        self.calls: Counter[str] = Counter()

    def run(self, spec: TaskSpec) -> str:
        """See `Tasks.run`."""
        with self._lock:
            self.calls["run"] += 1
            arn = f"{CLUSTER}/{spec.runner_id}"
            if self.specs.setdefault(spec.runner_id, spec) != spec:
                raise Refused(f"{spec.runner_id}: another task was started under this token")
            view = TaskView(task_arn=arn, last_status="PROVISIONING", version=1)
            self.tasks.setdefault(arn, view)
            return arn

    def stop(self, task_arn: str, reason: str) -> None:
        """See `Tasks.stop`. The task is gone at once."""
        self.calls["stop"] += 1
        task = self.tasks.get(task_arn)
        if task is not None and task.last_status != "STOPPED":
            self.end(task_arn, code="UserInitiated", reason=reason)

    def describe(self, task_arn: str) -> TaskView | None:
        """See `Tasks.describe`."""
        self.calls["describe"] += 1
        return self.tasks.get(task_arn)

    def move(self, task_arn: str, status: str) -> TaskView:
        """Move a task on, as ECS would; the new view."""
        return self._change(replace(self.tasks[task_arn], last_status=status))

    def end(
        self, task_arn: str, *, code: str, reason: str = "", exit_code: int | None = None
    ) -> TaskView:
        """Let a task end, as ECS would; the new view."""
        view = self.tasks[task_arn]
        return self._change(
            replace(
                view,
                last_status="STOPPED",
                stop_code=code,
                stopped_reason=reason,
                exit_code=exit_code,
            )
        )

    def live(self) -> list[TaskView]:
        """The tasks that have not stopped."""
        return [task for task in self.tasks.values() if task.last_status != "STOPPED"]

    def _change(self, view: TaskView) -> TaskView:
        with self._lock:
            self.tasks[view.task_arn] = replace(view, version=view.version + 1)
            return self.tasks[view.task_arn]
