"""Fargate tasks in memory: started once per client token, moved on by the test."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from shared.ports import TaskSpec, TaskView

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:task/memory"


class MemoryTasks:
    """`Tasks` in a dict. `run` is idempotent by runner id, as RunTask is by client token.

    `calls["conflict"]` counts retries that were not identical: a fleet never makes one.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self.tasks: dict[str, TaskView] = {}
        self.specs: dict[str, TaskSpec] = {}
        self.calls: Counter[str] = Counter()

    def run(self, spec: TaskSpec) -> str:
        """See `Tasks.run`."""
        with self._lock:
            self.calls["run"] += 1
            arn = f"{CLUSTER}/{spec.client_token}"
            if self.specs.setdefault(spec.client_token, spec) != spec:
                self.calls["conflict"] += 1
            view = TaskView(
                task_arn=arn,
                last_status="PROVISIONING",
                version=1,
                runner_id=spec.runner_id,
                created_at=self._now(),
            )
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

    def describe_many(self, task_arns: Sequence[str]) -> dict[str, TaskView]:
        """See `Tasks.describe_many`."""
        self.calls["describe_many"] += 1
        return {arn: self.tasks[arn] for arn in task_arns if arn in self.tasks}

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
                stopped_at=self._now(),
                stop_code=code,
                stopped_reason=reason,
                exit_code=exit_code,
            )
        )

    def live(self, limit: int | None = None) -> list[str]:
        """See `Tasks.live`."""
        return [arn for arn, task in self.tasks.items() if task.last_status != "STOPPED"][:limit]

    def _change(self, view: TaskView) -> TaskView:
        with self._lock:
            self.tasks[view.task_arn] = replace(view, version=view.version + 1)
            return self.tasks[view.task_arn]
