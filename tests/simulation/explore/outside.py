"""What each call of a port does to the world and returns: the part of AWS and GitHub.

A call that would break an invariant raises `Violation`. The ports' contract
suites describe these systems; this is the shortest form of it.
"""

from collections.abc import Sequence
from typing import Any

from shared.domain.events import LaunchIntended
from shared.domain.history import changed_rows, new_events, record
from shared.domain.projection import RunnerRow
from shared.domain.runner.deadlines import TTL
from shared.domain.slot.circuit import Circuit
from shared.domain.slot.counter import SHARDS, Change, Shard, Slots, applied
from shared.ports import (
    Append,
    Conflict,
    Deletion,
    JitConfig,
    JobView,
    NameTaken,
    Refused,
    Registered,
    TaskSpec,
    TaskView,
)
from tests.simulation.explore.consumers import Call
from tests.simulation.explore.naming import github_id, of_github_id, runner_name, runner_of
from tests.simulation.explore.rules import Violation, check_append
from tests.simulation.explore.streams import Streams, job_of
from tests.simulation.explore.world import (
    Counter,
    End,
    Kind,
    Notice,
    Nudge,
    Phase,
    Role,
    Runner,
    Task,
    World,
    moment,
    seconds,
)

QUEUES = {
    "scheduler": (Role.SCHEDULER,),
    "reconciler": (Role.RECONCILER,),
    "both": (Role.SCHEDULER, Role.RECONCILER),
}
ENDS = {
    End.NONE: ("", "", None),
    End.EXITED: ("EssentialContainerExited", "Essential container in task exited", 0),
    End.JOBLESS: ("EssentialContainerExited", "Essential container in task exited", 66),
    End.STOPPED: ("UserInitiated", "", 137),
    End.DIED: ("SpotInterruption", "Your Spot Task was interrupted.", 143),
    End.NOT_STARTED: ("TaskFailedToStart", "ResourceInitializationError", None),
}
"""Stop code, reason and exit code of each end of a task."""
STATUSES = {
    Phase.QUEUED: "queued",
    Phase.HELD: "waiting",
    Phase.RUNNING: "in_progress",
    Phase.ENDED: "completed",
}
VERSIONS = {Task.PROVISIONING: 1, Task.RUNNING: 2, Task.STOPPED: 3}


class Outside:
    """Performs calls. Its only state: interned task specifications, and the results of appends."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self.specifications: dict[Any, int] = {}
        self._appended: dict[tuple[int, ...], tuple[tuple[int, ...], tuple[Nudge, ...]]] = {}

    def perform(self, world: World, call: Call) -> tuple[World, Any]:
        """The world after the call, and what it returns.

        Raises:
            Conflict, NameTaken, Refused: as the port does; the world is unchanged.
            Violation: the call breaks an invariant.
        """
        method = getattr(self, f"_{call.port}_{call.method}", None)
        if method is None:
            raise NotImplementedError(f"the model of the world does not know {call.name}")
        after: tuple[World, Any] = method(world, *call.args)
        return after

    # --- the log ---------------------------------------------------------------------------------

    def append(self, world: World, call: Call) -> World:
        """Append, and nudge the consumers in the routes. `call` is one that `Consumers` keeps.

        Raises:
            Conflict: a stream no longer ends where the append says.
        """
        appends, rows, change = call.args
        after = changed(world.counter, change)
        concerned = tuple(world.versions[job_of(one.stream) - 1] for one in appends)
        key = (id(call), *concerned)
        found = self._appended.get(key)
        if found is None:
            found = self.appended(appends, rows, concerned)
            self._appended[key] = found
        versions = list(world.versions)
        for one, version in zip(appends, found[0], strict=True):
            versions[job_of(one.stream) - 1] = version
        world = world._replace(versions=tuple(versions))
        world = world._replace(counter=after)
        for nudge in found[1]:
            world = world.nudge(nudge)
        return world

    def appended(
        self, appends: Sequence[Append], rows: Sequence[RunnerRow], concerned: tuple[int, ...]
    ) -> tuple[tuple[int, ...], tuple[Nudge, ...]]:
        """The versions after an append to the streams `concerned`, and the nudges that it sends.

        Raises:
            Conflict: a stream no longer ends where the append says.
        """
        for one, version in zip(appends, concerned, strict=True):
            if one.after != self._streams.histories[version].seq:
                raise Conflict(f"{one.stream} no longer ends at {one.after}")
        written = {row.runner_id: row for row in rows}
        after, nudges = [], []
        for one, version in zip(appends, concerned, strict=True):
            before = self._streams.histories[version]
            new = new_events(before, one.events)
            if len(new) < len(one.events):
                raise Violation(f"{one.stream}: an event that it holds is appended again")
            history = record(before, new)
            check_append(before, history, changed_rows(before, history), written)
            after.append(self._streams.extended(version, one.events))
            job = job_of(one.stream)
            routes = [route for route in one.routes if route]
            nudges += [Nudge(job, role) for route in routes for role in QUEUES[route]]
        return tuple(after), tuple(nudges)

    def _log_slots(self, world: World) -> tuple[World, Slots]:
        return world, slots_of(world.counter)

    def _table_waiting(self, world: World, limit: int) -> tuple[World, tuple[int, ...]]:
        rows = (self._streams.histories[version].rows for version in world.versions)
        found = [row for one in rows for row in one.values() if row.awaits is not None]
        found.sort(key=lambda row: str(row.arrived_at))
        return world, tuple(dict.fromkeys(row.job_id for row in found[:limit]))

    # --- the configs in S3 -----------------------------------------------------------------------

    def _configs_github_runner_id(self, world: World, name: str) -> tuple[World, int | None]:
        runner = world.runner(*runner_of(name))
        return world, github_id(*runner[:2], runner.config) or None

    def _configs_put_if_absent(
        self, world: World, name: str, config: JitConfig
    ) -> tuple[World, bool]:
        runner = world.runner(*runner_of(name))
        if runner.config:
            return world, False
        _, _, minted = of_github_id(config.github_runner_id)
        return world.put(runner._replace(config=minted)), True

    # --- the registrations at GitHub -------------------------------------------------------------

    def _registrations_mint(
        self, world: World, _: str, name: str, __: Any
    ) -> tuple[World, JitConfig]:
        runner = world.runner(*runner_of(name))
        if runner.registered:
            raise NameTaken(f"a runner named {name} exists already")
        minted = runner.minted + 1
        number = github_id(runner.home, runner.number, minted)
        runner = runner._replace(registered=minted, minted=minted)
        return world.put(runner), JitConfig(github_runner_id=number, encoded=f"{name}#{minted}")

    def _registrations_find(
        self, world: World, _: str, name: str
    ) -> tuple[World, Registered | None]:
        runner = world.runner(*runner_of(name))
        number = github_id(*runner[:2], runner.registered)
        if not number:
            return world, None
        busy = runner.busy > 0
        found = Registered(github_runner_id=number, runner_id=name, online=busy, busy=busy)
        return world, found

    def _jobs_job(self, world: World, _: str, number: int) -> tuple[World, JobView]:
        job = world.jobs[number - 1]
        name = runner_name(job.home, job.number) if job.home else ""
        at = moment(world.clock)
        view = JobView(
            status=STATUSES[job.phase],
            conclusion=job.conclusion.name.lower() if job.conclusion else "",
            runner_name=name,
            started_at=at if name else None,
            completed_at=at if job.phase is Phase.ENDED else None,
        )
        return world, view

    def _registrations_delete(self, world: World, _: str, number: int) -> tuple[World, Deletion]:
        home, launch, minted = of_github_id(number)
        runner = world.runner(home, launch)
        if not minted or runner.registered != minted:
            return world, Deletion.ABSENT
        if runner.busy:
            return world, Deletion.BUSY
        return world.put(runner._replace(registered=0)), Deletion.DELETED

    # --- the tasks at ECS ------------------------------------------------------------------------

    def _tasks_run(self, world: World, spec: TaskSpec) -> tuple[World, str]:
        home, number = runner_of(spec.runner_id)
        runner = world.runner(home, number)
        attempt = spec.client_token.removeprefix(spec.runner_id)
        shape = (attempt, spec.task_definition, spec.cpu, spec.memory, spec.capacity, spec.subnets)
        asked = self.specifications.setdefault(shape, len(self.specifications) + 1)
        if runner.task is not Task.NONE:
            if runner.spec != asked:
                raise Violation(f"{spec.runner_id}: RunTask differs from the call that was done")
            return world, task_arn(runner)
        if not self._intended(world, runner):
            raise Violation(f"{spec.runner_id}: a task without an intent in the log")
        if not runner.config:
            raise Violation(f"{spec.runner_id}: a task without a config that it could read")
        runner = runner._replace(task=Task.PROVISIONING, spec=asked)
        return world.put(runner), task_arn(runner)

    def _tasks_stop(self, world: World, arn: str, _: str) -> tuple[World, None]:
        runner = world.runner(*runner_of(arn))
        if not runner.live:
            return world, None
        if runner.busy > 0 and not self._forced(world, runner):
            name = runner_name(*runner[:2])
            raise Violation(f"{name} was stopped on job {runner.busy}, and not by force")
        return stopped(world, runner, End.STOPPED), None

    def _tasks_describe(self, world: World, arn: str) -> tuple[World, TaskView | None]:
        runner = world.runner(*runner_of(arn))
        if runner.task is Task.NONE:
            raise Refused(f"ECS does not have {arn}")
        code, reason, exit_code = ENDS[runner.end]
        view = TaskView(
            task_arn=arn,
            last_status=runner.task.name,
            version=VERSIONS[runner.task],
            stop_code=code,
            stopped_reason=reason,
            exit_code=exit_code,
        )
        return world, view

    def _intended(self, world: World, runner: Runner) -> bool:
        history = self._streams.histories[world.versions[runner.home - 1]]
        known = history.state.runner(runner_name(*runner[:2]))
        return known is not None and isinstance(known.intent, LaunchIntended)

    def _forced(self, world: World, runner: Runner) -> bool:
        history = self._streams.histories[world.versions[runner.home - 1]]
        known = history.state.runner(runner_name(*runner[:2]))
        stop = known.stop if known else None
        return stop is not None and stop.forced and stop.reason.startswith(TTL)


def slots_of(counter: Counter) -> Slots:
    """The counter as the product has it, without the numbers that only count changes."""
    shards = (Shard(held=counter.held, awaited=counter.awaited), *[Shard()] * (SHARDS - 1))
    try_after = None if counter.try_after < 0 else moment(counter.try_after)
    return Slots(shards=shards, circuit=Circuit(broken=counter.broken, try_after=try_after))


def changed(before: Counter, change: Change | None) -> Counter:
    """The counter after the change of an append.

    Raises:
        Conflict: a condition of the change does not hold.
    """
    if change is None:
        return before
    after = applied(slots_of(before), change)
    if after is None:
        raise Conflict(f"the counter is {before}")
    circuit = after.circuit
    try_after = -1 if circuit.try_after is None else seconds(circuit.try_after)
    return Counter(after.held, after.awaited, circuit.broken, try_after)


def task_arn(runner: Runner) -> str:
    return f"arn:aws:ecs:us-east-1:123456789012:task/fleet/{runner_name(*runner[:2])}"


def stopped(world: World, runner: Runner, end: End) -> World:
    """The task has stopped, and the event of ECS is under way."""
    world = world.put(runner._replace(task=Task.STOPPED, end=end))
    notice = Notice(Kind.TASK_STOPPED, runner.home, *runner[:2], world.clock, end)
    return world.send(notice)
