"""A fleet in memory: the real loop over the in-memory ports, moved on by hand."""

from collections import deque
from datetime import timedelta
from itertools import count
from typing import Any

from local.memory.clock import ManualClock
from local.memory.configs import MemoryConfigs
from local.memory.log import MemoryEventLog, MemoryRunnersTable
from local.memory.registrations import MemoryRegistrations
from local.memory.tasks import MemoryTasks
from shared.domain import events as e
from shared.domain.actions import BOTH, Role
from shared.domain.history import History
from shared.domain.names import job_stream
from shared.domain.policy import Policy
from shared.domain.projection import RunnerRow
from shared.engine.drive import Driver
from shared.engine.journal import load, record_fact
from shared.engine.world import World
from tests.support import stories
from tests.support.crash import CrashError


class MemoryFleet:
    """Everything that one fleet is, with GitHub's and ECS's part played by the test."""

    def __init__(self, policy: Policy = stories.POLICY) -> None:
        self.log = MemoryEventLog()
        self.table = MemoryRunnersTable(self.log)
        self.clock = ManualClock()
        self.tasks = MemoryTasks(self.clock.now)
        self.configs = MemoryConfigs()
        self.registrations = MemoryRegistrations()
        self.policy = policy
        self._ids = count(1)
        self._seen = 0
        self.world = World(
            log=self.log,
            table=self.table,
            registrations=self.registrations,
            configs=self.configs,
            tasks=self.tasks,
            clock=self.clock,
            policy=lambda: self.policy,
            pause=lambda _: None,
        )

    def driver(self, *roles: Role, world: World | None = None) -> Driver:
        actor = roles[0].value if len(roles) == 1 else "janitor"
        return Driver(world=world or self.world, actor=actor, roles=roles or tuple(Role))

    def tell(self, job_id: int, fact: e.Fact, event_id: str | None = None) -> None:
        """Append a fact from outside, as ingest does."""
        self.tell_stream(job_stream(job_id), fact, event_id)

    def tell_stream(self, stream: str, fact: e.Fact, event_id: str | None = None) -> None:
        """The same for a stream of any kind."""
        record_fact(
            self.log,
            stream,
            e.Event(
                id=event_id or f"outside-{next(self._ids)}",
                at=self.clock.now(),
                recorded_at=self.clock.now(),
                actor="test",
                fact=fact,
            ),
            route=_ROUTES.get(type(fact)),
            pause=lambda _: None,
        )

    def settle(self, *, crashing: Role | None = None, world: World | None = None) -> None:
        """Deliver every nudge until there are no more.

        The consumer `crashing` lives in `world`; a message on which it died is delivered again.
        """
        drivers = {
            role: self.driver(role, world=world if role is crashing else None) for role in Role
        }
        pending: deque[tuple[Role, str, str]] = deque()
        for _ in range(1000):
            nudges = self.log.nudges[self._seen :]
            self._seen += len(nudges)
            for route, stream, event_id in nudges:
                roles = tuple(Role) if route == BOTH else (Role(route),)
                pending.extend((role, stream, event_id) for role in roles)
            if not pending:
                return
            role, stream, event_id = pending[0]
            try:
                driven = drivers[role].drive(stream, cause=event_id)
            except CrashError:
                continue
            if driven.retry_at is not None:
                self.clock.advance(
                    max(timedelta(seconds=1), driven.retry_at - self.clock.now()).total_seconds()
                )
                continue
            pending.popleft()
        raise AssertionError("the fleet does not settle")

    def sweep(self) -> None:
        """What the Janitor does: drive every stream that is due."""
        janitor = self.driver(*Role)
        for row in self.table.due(self.clock.now(), 100):
            janitor.drive(job_stream(row.job_id))
        self.settle()

    def queue(self, *job_ids: int, labels: tuple[str, ...] = ()) -> None:
        for job_id in job_ids:
            self.tell(job_id, stories.queued(*labels))

    def runs(self, *runner_ids: str) -> None:
        """ECS: these runners' tasks are running."""
        for runner_id in runner_ids:
            row = self.row(runner_id)
            view = self.tasks.move(str(row.task_arn), "RUNNING")
            fact = e.TaskStateChanged(
                runner_id=runner_id,
                task_arn=view.task_arn,
                status="RUNNING",
                version=view.version,
            )
            self.tell(row.job_id, fact)

    def starts(self, job_id: int, runner_id: str | None) -> None:
        """GitHub: the job started on that runner."""
        if runner_id:
            self.registrations.set_busy(runner_id)
        self.tell(job_id, stories.started(runner_id))

    def completes(self, job_id: int, runner_id: str | None, conclusion: str = "success") -> None:
        """GitHub: the job ended; an ephemeral runner is forgotten."""
        if runner_id:
            self.registrations.ended(runner_id)
        self.tell(job_id, stories.completed(runner_id, conclusion))

    def exits(self, runner_id: str, exit_code: int | None = 0) -> None:
        """ECS: the runner's process ended."""
        row = self.row(runner_id)
        self.tasks.end(str(row.task_arn), code="EssentialContainerExited", exit_code=exit_code)
        self.stopped(runner_id)

    def stopped(self, runner_id: str) -> None:
        """ECS: the runner's task has stopped, and its event says so."""
        row = self.row(runner_id)
        view = self.tasks.tasks[str(row.task_arn)]
        assert view.last_status == "STOPPED"
        fact = e.TaskStopped(
            runner_id=runner_id,
            task_arn=view.task_arn,
            version=view.version,
            stop_code=view.stop_code or "",
            reason=view.stopped_reason or "",
            exit_code=view.exit_code,
        )
        self.tell(row.job_id, fact)

    def row(self, runner_id: str) -> RunnerRow:
        row = self.table.get(runner_id)
        assert row is not None, f"{runner_id} has no row"
        return row

    def history(self, job_id: int) -> History:
        return load(self.log, job_stream(job_id))

    def types(self, job_id: int) -> list[str]:
        """The types of the job's events, in order."""
        return [one.event.type for one in self.log.read(job_stream(job_id))]

    def statuses(self) -> dict[str, Any]:
        return {row.runner_id: row.status for row in self.table.all()}


_ROUTES: dict[type[e.Fact], str] = {
    e.JobQueued: "scheduler",
    e.JobStarted: "reconciler",
    e.JobCompleted: "reconciler",
    e.TaskStateChanged: "reconciler",
    e.TaskStopped: "reconciler",
    e.StopIntended: "reconciler",
    e.ImageBuildEnded: "reconciler",
}
