"""A fleet on simulated AWS and GitHub: the product's loop and adapters, driven step by step."""

from collections import deque
from datetime import timedelta
from itertools import count
from typing import Any

from shared.adapters.checkpoints import DynamoCheckpoints
from shared.adapters.ecs import EcsTasks
from shared.adapters.s3 import S3ConfigStore
from shared.domain import events as e
from shared.domain.actions import BOTH, Role
from shared.domain.history import History
from shared.domain.policy import Policy
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId
from shared.engine.consequences import nudging
from shared.engine.dependencies import Dependencies
from shared.engine.drive import Driver
from shared.engine.transact import load, to
from shared.ports import TaskView
from tests.simulated.aws.stores import S3
from tests.simulated.names import CLUSTER, FLEET
from tests.simulated.requests import Recorded, Requests
from tests.support import stories
from tests.support.clock import ManualClock
from tests.support.crash import CrashError
from tests.support.log import SimulatedLog
from tests.support.recording import record_event
from tests.support.registrations import SimulatedRegistrations
from tests.support.tasks import TasksByHand


class SimulatedFleet:
    """One fleet; the test triggers what GitHub and ECS do.

    Attributes:
        ecs: The tasks.
        requests: All requests to ECS, S3 and GitHub.
    """

    def __init__(
        self,
        policy: Policy = stories.POLICY,
        *,
        cluster: str = CLUSTER,
    ) -> None:
        self.clock = ManualClock()
        self.log = SimulatedLog(self.clock)
        self.table = self.log.table
        self.checkpoints = DynamoCheckpoints(self.log.client, FLEET.runners_table)
        self.requests = Requests()
        self.ecs = TasksByHand(self.clock, cluster)
        self.tasks = EcsTasks(recorded("ecs", self.ecs, self.requests), cluster)
        self._s3 = S3(FLEET.bucket)
        self.configs = S3ConfigStore(recorded("s3", self._s3, self.requests), FLEET.bucket)
        self.registrations = SimulatedRegistrations(
            self.clock, self.requests, policy.runner_scopes, policy.credentials[1:]
        )
        self.policy = policy
        self._ids = count(1)
        self._seen = 0
        self._onlooker = EcsTasks(recorded("ecs", self.ecs, Requests()), cluster)
        self.deps = Dependencies(
            log=self.log,
            table=self.table,
            registrations=self.registrations,
            more_registrations=self.registrations.others,
            jobs=self.registrations.jobs,
            commit_statuses=self.registrations.commit_statuses,
            configs=self.configs,
            tasks=self.tasks,
            clock=self.clock,
            policy=lambda: self.policy,
            pause=lambda _: None,
        )

    def driver(self, *roles: Role, deps: Dependencies | None = None) -> Driver:
        actor = roles[0].value if len(roles) == 1 else "janitor"
        return Driver(
            deps=deps or self.deps,
            actor=actor,
            roles=roles or tuple(Role),
            returns=len(roles) == 1,
        )

    def tell(self, job_id: int, fact: e.Fact, event_id: str | None = None) -> None:
        """Append a fact from outside, as ingest does."""
        self.tell_stream(StreamId.of_job(job_id), fact, event_id)

    def tell_stream(self, stream: str, fact: e.Fact, event_id: str | None = None) -> None:
        """Append a fact to a stream of any kind, and nudge as ingest does.

        What follows from the fact is left to the consumers, as after a conflict.
        """
        is_job = StreamId(stream).job_id is not None
        record_event(
            self.log,
            stream,
            e.Event(
                id=event_id or f"outside-{next(self._ids)}",
                at=self.clock.now(),
                recorded_at=self.clock.now(),
                actor="test",
                fact=fact,
            ),
            route=nudging(self.clock, self.policy) if is_job else to(Role.RECONCILER),
        )

    def settle(self, *, crashing: Role | None = None, deps: Dependencies | None = None) -> None:
        """Deliver every nudge until there are no more.

        The consumer `crashing` uses `deps`; a message on which it crashed is delivered again.
        """
        drivers = {
            role: self.driver(role, deps=deps if role is crashing else None) for role in Role
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
        """Drive every stream that is due, as the Janitor does."""
        janitor = self.driver(*Role)
        for job_id in self.table.live(self.clock.now()).due:
            janitor.drive(StreamId.of_job(job_id))
        self.settle()

    def queue(self, *job_ids: int, labels: tuple[str, ...] = ()) -> None:
        for job_id in job_ids:
            self.tell(job_id, stories.queued(*labels))

    def runs(self, *runner_ids: str) -> None:
        """Report as ECS that these runners' tasks are running."""
        for runner_id in runner_ids:
            row = self.row(runner_id)
            self.ecs.runs(str(row.task_arn))
            view = self.task(str(row.task_arn))
            fact = e.TaskStarted(
                runner_id=runner_id,
                task_arn=view.task_arn,
                version=view.version,
            )
            self.tell(row.job_id, fact)

    def starts(self, job_id: int, runner_id: str | None) -> None:
        """Report as GitHub that the job started on that runner."""
        if runner_id:
            self.registrations.set_busy(runner_id)
        self.tell(job_id, stories.started(runner_id))

    def completes(self, job_id: int, runner_id: str | None, conclusion: str = "success") -> None:
        """Report as GitHub that the job ended; an ephemeral runner is deregistered."""
        if runner_id:
            self.registrations.ended(runner_id)
        self.tell(job_id, stories.completed(runner_id, conclusion))

    def serves(self, job_id: int, number: int = 1) -> None:
        """Run the job on its own runner until both have ended."""
        runner_id = f"fleet-{job_id}-{number}"
        self.runs(runner_id)
        self.starts(job_id, runner_id)
        self.settle()
        self.completes(job_id, runner_id)
        self.exits(runner_id)
        self.settle()

    def exits(self, runner_id: str, exit_code: int = 0) -> None:
        """Report as ECS that the runner's process ended."""
        self.ecs.exits(str(self.row(runner_id).task_arn), exit_code)
        self.stopped(runner_id)

    def interrupted(self, runner_id: str, code: str) -> None:
        """Stop the runner's running task as AWS, with that stop code."""
        arn = str(self.row(runner_id).task_arn)
        self.ecs.runs(arn)
        self.ecs.stop(arn, code, "taken away")
        self.stopped(runner_id)

    def stopped(self, runner_id: str) -> None:
        """Report as ECS that the runner's task has stopped."""
        row = self.row(runner_id)
        view = self.task(str(row.task_arn))
        assert view.last_status == "STOPPED"
        fact = e.TaskStopped(
            runner_id=runner_id,
            task_arn=view.task_arn,
            version=view.version,
            stop_code=view.stop_code or "",
            reason=view.stopped_reason or "",
            exit_code=view.exit_code,
            stopping_at=view.stopping_at,
        )
        self.tell(row.job_id, fact)

    def row(self, runner_id: str) -> RunnerRow:
        row = self.table.get(runner_id)
        assert row is not None, f"{runner_id} has no row"
        return row

    def task(self, arn: str) -> TaskView:
        """Return the task as ECS describes it."""
        view = self._onlooker.describe(arn)
        assert view is not None, f"ECS has no task {arn}"
        return view

    def live(self) -> list[str]:
        """The ARNs of the tasks with the desired status RUNNING."""
        return self._onlooker.live(1000)

    def live_runners(self) -> list[str]:
        """The runner ids of the tasks with the desired status RUNNING, one per task."""
        return [self.task(arn).runner_id for arn in self.live()]

    def launches(self) -> dict[str, dict[str, Any]]:
        """The last RunTask request of each client token."""
        return {asked["clientToken"]: asked for asked in self.requests.of("ecs.run_task")}

    def environment_files(self) -> list[str]:
        """The keys of all environment files in S3."""
        return list(self._s3.buckets[FLEET.bucket])

    def history(self, job_id: int) -> History:
        return load(self.log, StreamId.of_job(job_id))

    def types(self, job_id: int) -> list[str]:
        """The types of the job's events, in order."""
        return [one.event.type for one in self.log.read(StreamId.of_job(job_id))]

    def statuses(self) -> dict[str, Any]:
        return {row.runner_id: row.status for row in self.table.all()}


def recorded(service: str, client: Any, requests: Requests) -> Any:
    """Return the simulated client, with its requests recorded, in place of a boto3 client."""
    return Recorded(service, client, requests)
