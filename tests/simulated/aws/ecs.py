"""Simulates ECS on Fargate in memory: client tokens, variable capacity, stopping of tasks.

The statuses are those of the local stack (`local.fargate.lifecycle`). `Program` simulates the
process in a task; it is called when the process starts, gets SIGTERM, or is killed. Source: Amazon
ECS API Reference, RunTask; Developer Guide, "Ensuring idempotency".
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from local.fargate import lifecycle
from tests.simulated.agenda import Agenda
from tests.simulated.aws.definitions import TaskDefinitions
from tests.simulated.aws.errors import error
from tests.simulated.aws.judged import judged
from tests.simulated.weather import Weather

STOP_TIMEOUT = 30.0
SPOT_NOTICE = 120.0
NO_VCPUS = "You've reached the limit on the number of vCPUs you can run concurrently"
_KEPT_SECONDS = 3600.0
"""Time for which ECS lists a stopped task: about an hour."""

Task = dict[str, Any]


class Program(Protocol):
    """The program that runs in the tasks."""

    def pulled(self, task: Task) -> str | None:
        """Read the environment file; return the reason if the task can't start, otherwise None."""

    def started(self, task: Task) -> None:
        """The process has started."""

    def terminated(self, task: Task) -> None:
        """The process gets SIGTERM."""

    def killed(self, task: Task) -> None:
        """The process was killed."""


@judged("ecs")
class ECS(TaskDefinitions):
    """The client, which also runs the tasks.

    Attributes:
        program: The program that runs in the tasks.
        tell: Called with each change of a task.
        watch: Called with each task that the client runs or stops.
        pull: Pulls a task's image; returns the reason of a failure, or None.
        launched: The `startedBy` of each task.
        without_quota: Start and end of the time without vCPU quota, in seconds.
    """

    def __init__(self, agenda: Agenda, weather: Weather, cluster: str) -> None:
        super().__init__()
        self.program: Program
        self.tell: Callable[[Task], None] = lambda _task: None
        self.tasks: dict[str, Task] = {}
        self.launched: list[str] = []
        self.watch: Callable[[str, Task], None] = lambda _what, _task: None
        self.pull: Callable[[str], str | None] = lambda _image: None
        self.no_spot_until = 0.0
        self.without_quota = (0.0, 0.0)
        self._agenda = agenda
        self._rng = agenda.rng
        self._weather = weather
        self._cluster = cluster
        self._tokens: dict[str, tuple[dict[str, Any], str]] = {}
        self._asked: dict[str, dict[str, Any]] = {}
        self._lag = 0.0

    def stale(self, seconds: float, operation: str, **asked: Any) -> Any:
        """Run a list operation that does not yet show recent tasks."""
        self._lag = seconds
        try:
            return getattr(self, operation)(**asked)
        finally:
            self._lag = 0.0

    # --- calls of the adapters ------------------------------------------------------------------

    def run_task(self, **asked: Any) -> dict[str, Any]:
        self._check(asked["cluster"], "RunTask")
        missing = _RUN - asked.keys()
        unknown = asked.keys() - _RUN - {"tags"}
        if missing or unknown or asked["count"] != 1:
            message = f"missing {sorted(missing)}, unknown {sorted(unknown)}, or wrong"
            raise error("InvalidParameterException", message, "RunTask")
        definition = self.definition(asked["taskDefinition"])
        if definition is None:
            raise error("ClientException", "TaskDefinition not found.", "RunTask")
        before = self._tokens.get(asked["clientToken"])
        if before is not None:
            same, arn = before[0] == asked, before[1]
            if not same:
                message = "The client token was used with other parameters"
                raise error("ConflictException", message, "RunTask", resourceIds=[arn])
            return {"tasks": [dict(self.tasks[arn])] if arn in self.tasks else [], "failures": []}
        if self._asked.setdefault(asked["clientToken"], asked) != asked:
            # It is undocumented whether a call that started no task uses up its token: assume so.
            message = "The client token was used with other parameters"
            raise error("ConflictException", message, "RunTask", resourceIds=[])
        first, last = self.without_quota
        if first <= self._agenda.seconds < last:
            return {"tasks": [], "failures": [{"reason": NO_VCPUS}]}
        capacity = asked["capacityProviderStrategy"][0]["capacityProvider"]
        if self._is_full(capacity):
            reason = "Capacity is unavailable at this time. Please try again later or in a "
            return {"tasks": [], "failures": [{"reason": f"{reason}different availability zone"}]}
        task = self._begin(asked | {"taskDefinition": definition["taskDefinitionArn"]}, capacity)
        self._tokens[asked["clientToken"]] = (asked, task["taskArn"])
        return {"tasks": [dict(task)], "failures": []}

    def stop_task(self, *, cluster: str, task: str, reason: str) -> dict[str, Any]:
        self._check(cluster, "StopTask")
        if task not in self.tasks:
            message = "The referenced task was not found."
            raise error("InvalidParameterException", message, "StopTask")
        self.watch("stop", self.tasks[task])
        self.stop(task, "UserInitiated", reason, notice=STOP_TIMEOUT)
        return {"task": dict(self.tasks[task])}

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        self._check(cluster, "DescribeTasks")
        return {
            "tasks": [dict(self.tasks[arn]) for arn in tasks if arn in self.tasks],
            "failures": [
                {"arn": arn, "reason": "MISSING"} for arn in tasks if arn not in self.tasks
            ],
        }

    def list_tasks(
        self,
        *,
        cluster: str,
        desiredStatus: str = "RUNNING",
        maxResults: int = 100,
        nextToken: str | None = None,
    ) -> dict[str, Any]:
        self._check(cluster, "ListTasks")
        seen = self._agenda.now() - timedelta(seconds=self._lag)
        shown = {arn: one for arn, one in self.tasks.items() if one["createdAt"] <= seen}
        found = [arn for arn, task in shown.items() if task["desiredStatus"] == desiredStatus]
        start = int(nextToken or 0)
        more = len(found) > start + maxResults
        page = {"taskArns": found[start : start + maxResults]}
        return page | ({"nextToken": str(start + maxResults)} if more else {})

    # --- lifecycle of tasks ---------------------------------------------------------------------

    def live(self) -> list[Task]:
        """Return the tasks that have not stopped."""
        return [one for one in self.tasks.values() if one["lastStatus"] != "STOPPED"]

    def stop(self, arn: str, code: str, reason: str, *, notice: float) -> None:
        """Stop a task: SIGTERM now, SIGKILL after the notice."""
        task = self.tasks[arn]
        if task["desiredStatus"] == "STOPPED":
            return
        self._change(lifecycle.wanted_stopped(task, self._agenda.now(), code, reason))
        if task["lastStatus"] in lifecycle.WITHOUT_PROCESS:
            self._agenda.after(self._rng.uniform(0.5, 3), lambda: self._end(arn, None))
            return
        self.program.terminated(self.tasks[arn])
        self._agenda.after(notice, lambda: self._kill(arn))

    def exits(self, arn: str, code: int) -> None:
        """Record that the process of a task has exited, with or without a signal."""
        task = self.tasks.get(arn)
        if task is None or task["lastStatus"] != "RUNNING":
            return
        if task["desiredStatus"] != "STOPPED":
            exited = ("EssentialContainerExited", lifecycle.EXITED_REASON)
            self._change(lifecycle.wanted_stopped(task, self._agenda.now(), *exited))
        self._end(arn, code)

    def _begin(self, asked: dict[str, Any], capacity: str) -> Task:
        tasks = self._cluster.replace(":cluster/", ":task/")
        arn = f"{tasks}/{len(self.launched) + 1:032x}"
        about = {
            "taskArn": arn,
            "clusterArn": self._cluster,
            "taskDefinitionArn": asked["taskDefinition"],
            "startedBy": asked["startedBy"],
            "capacityProviderName": capacity,
            "overrides": asked["overrides"],
            "tags": asked.get("tags", []),
        }
        self.launched.append(asked["startedBy"])
        task = lifecycle.begun(about, {"name": "runner"}, self._agenda.now())
        self.tasks[arn] = task
        self.watch("run", task)
        self.tell(task)
        self._agenda.after(self._weather.provisioning(self._rng), lambda: self._pend(arn))
        return task

    def _pend(self, arn: str) -> None:
        if self.tasks[arn]["desiredStatus"] == "RUNNING":
            now = self._agenda.now()
            self._change(lifecycle.changed(self.tasks[arn], now, lastStatus="PENDING"))
            self._agenda.after(self._weather.pulling(self._rng), lambda: self._run(arn))

    def _run(self, arn: str) -> None:
        task = self.tasks[arn]
        if task["desiredStatus"] == "STOPPED":
            return
        unpulled = self.pull(self.image(task["taskDefinitionArn"]))
        problem = None if unpulled else self.program.pulled(task)
        reason = unpulled or (problem and f"ResourceInitializationError: {problem}")
        if reason:
            now = self._agenda.now()
            self._change(lifecycle.wanted_stopped(task, now, "TaskFailedToStart", reason))
            self._end(arn, None)
            return
        self._change(lifecycle.running(task, self._agenda.now()))
        self.program.started(self.tasks[arn])

    def _kill(self, arn: str) -> None:
        if arn in self.tasks and self.tasks[arn]["lastStatus"] == "RUNNING":
            self.program.killed(self.tasks[arn])
            self._end(arn, 137)

    def _end(self, arn: str, code: int | None) -> None:
        if self.tasks[arn]["lastStatus"] in ("DEPROVISIONING", "STOPPED"):
            return
        self._change(lifecycle.ended(self.tasks[arn], self._agenda.now(), code))
        self._agenda.after(self._weather.deprovisioning(self._rng), lambda: self._stopped(arn))

    def _stopped(self, arn: str) -> None:
        now = self._agenda.now()
        self._change(lifecycle.changed(self.tasks[arn], now, lastStatus="STOPPED", stoppedAt=now))
        self._agenda.after(_KEPT_SECONDS, lambda: self.tasks.pop(arn, None) and None)

    def _change(self, task: Task) -> None:
        self.tasks[task["taskArn"]] = task
        self.tell(task)

    def _is_full(self, capacity: str) -> bool:
        no_spot = capacity == "FARGATE_SPOT" and self._agenda.seconds < self.no_spot_until
        return no_spot or self._rng.random() < self._weather.no_capacity

    def _check(self, cluster: str, operation: str) -> None:
        if cluster not in (self._cluster, self._cluster.rpartition("/")[2]):
            raise error("ClusterNotFoundException", "Cluster not found.", operation)


_RUN = frozenset(
    {
        "cluster",
        "taskDefinition",
        "count",
        "clientToken",
        "startedBy",
        "capacityProviderStrategy",
        "networkConfiguration",
        "overrides",
    }
)
