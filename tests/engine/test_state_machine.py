"""The fleet under random stories, as a state machine that hypothesis drives and shrinks.

The machine is GitHub, ECS, an operator and the Janitor's schedule; it remembers what is true at
GitHub. Webhooks and task events may be late and in any order; consumers run when a rule says so.
After every step the invariants of the design hold, and in the end every story comes to rest.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from functions.janitor.orphans import orphan_tasks
from functions.janitor.vanished import vanished_tasks
from functions.janitor.waiting import waiting_jobs
from shared.domain import events as e
from shared.domain import next_action
from shared.domain.actions import Role
from shared.domain.history import read
from shared.domain.job.state import JobPhase
from shared.domain.names import home_job
from shared.domain.policy import Limits
from shared.domain.slot.counter import counted
from shared.ports import Deletion, JobView, TaskView
from tests.support import stories
from tests.support.crash import Crasher
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor
from tests.support.registrations import SimulatedRegistrations

T = TypeVar("T")

POLICY = replace(
    stories.POLICY, max_runners=3, max_launches=2, circuit_failures=3, limits=Limits(ttl=1200)
)
ROUNDS = 15
"""In so many rounds of two minutes every story must come to rest."""
ANY = st.integers(min_value=0, max_value=5)
"""Which of the things that a rule applies to, counted round."""
LAST = -1
IS_LATE = st.booleans()
LABELS = st.sampled_from([(), ("gpu",)])
"""Of a job, besides `self-hosted`."""
COMING = ("STARTING", "WAITING_FOR_JOB")
"""Statuses of a runner that can take the job that waits for it."""


@dataclass
class Job:
    """A job as it is at GitHub."""

    id: int
    labels: tuple[str, ...]
    status: str = "queued"
    conclusion: str = ""
    runner: str | None = None
    github_runner_id: int | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def details(self) -> e.JobDetails:
        return stories.details(*self.labels)


class FleetMachine(RuleBasedStateMachine):
    """One fleet and the world around it.

    Attributes:
        jobs: By id.
        late: Facts that are on their way: webhooks, and the events of tasks.
        sent: The webhooks that have come, which may come once more.
        ends_sent: The ARNs of tasks whose end is on its way or has come.
        is_settled: Whether the consumers have done all that there is to do.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fleet = SimulatedFleet(POLICY)
        self.fleet.ecs.watch = self._on_task
        self.jobs: dict[int, Job] = {}
        self.late: list[tuple[str, int, e.Fact]] = []
        self.sent: list[tuple[str, int, e.Fact]] = []
        self.ends_sent: set[str] = set()
        self.is_settled = True
        self._count = 0
        self._events: dict[str, list[e.Recorded]] = {}
        self._histories: dict[str, Any] = {}

    # --- GitHub -----------------------------------------------------------------------------------

    @initialize(labels=st.lists(LABELS, min_size=2, max_size=4), up=st.booleans())
    def begin(self, labels: list[tuple[str, ...]], up: bool) -> None:
        """Jobs are queued; maybe their runners have come up, as far as there are slots."""
        for one in labels:
            job = Job(id=len(self.jobs) + 1, labels=one)
            self.jobs[job.id] = job
            self._announce(job, e.JobQueued(fleet="fleet", job=job.details), late=False)
        if up:
            self._settle()
            self._come_up()

    @precondition(lambda self: self._jobs("queued"))
    @rule(which=ANY, late=IS_LATE)
    def queue_again(self, which: int, late: bool) -> None:
        job = _pick(self._jobs("queued"), which)
        self._announce(job, e.JobQueued(fleet="fleet", job=job.details), late=late)

    @precondition(lambda self: self._matches())
    @rule(which=ANY, late=IS_LATE)
    def start(self, which: int, late: bool) -> None:
        job, runner = _pick(self._matches(), which)
        job.status, job.started_at = "in_progress", self.fleet.clock.now()
        job.runner, job.github_runner_id = runner, self._registered()[runner].id
        self.fleet.registrations.set_busy(runner)
        fact = e.JobStarted(
            job=job.details,
            runner_name=runner,
            runner_id=runner,
            github_runner_id=job.github_runner_id,
        )
        self._announce(job, fact, late=late)

    @precondition(lambda self: self._jobs("in_progress"))
    @rule(which=ANY, late=IS_LATE)
    def complete(self, which: int, late: bool) -> None:
        job = _pick(self._jobs("in_progress"), which)
        lives = job.runner in self.fleet.live_runners()
        self._complete(job, "success" if lives else "failure", late=late)

    @precondition(lambda self: self._jobs("queued"))
    @rule(which=ANY, late=IS_LATE)
    def cancel(self, which: int, late: bool) -> None:
        self._complete(_pick(self._jobs("queued"), which), "cancelled", late=late)

    @precondition(lambda self: self.sent)
    @rule(which=ANY)
    def deliver_again(self, which: int) -> None:
        self._deliver(_pick(self.sent, which))

    # --- ECS --------------------------------------------------------------------------------------

    @precondition(lambda self: self._tasks("PROVISIONING"))
    @rule(which=ANY, late=IS_LATE)
    def run(self, which: int, late: bool) -> None:
        arn = _pick(self._tasks("PROVISIONING"), which).task_arn
        self.fleet.ecs.runs(arn)
        task = self.fleet.task(arn)
        fact = e.TaskStarted(runner_id=task.runner_id, task_arn=arn, version=task.version)
        self._send(home_job(task.runner_id) or 0, fact, late=late)

    @precondition(lambda self: self._tasks("RUNNING"))
    @rule(which=ANY, code=st.sampled_from([0, 1, 66]), late=IS_LATE)
    def exit(self, which: int, code: int, late: bool) -> None:
        """A runner that ran no job never ends with 0; one that runs a job ends it, too."""
        task = _pick(self._tasks("RUNNING"), which)
        ran = [job for job in self.jobs.values() if job.runner == task.runner_id]
        if not ran:
            code = code or 66
        self.fleet.ecs.exits(task.task_arn, code)
        for job in ran:
            if job.status == "in_progress":
                self._complete(job, "failure" if code else "success", late=late)
        self._send_ends(late=late)

    @precondition(lambda self: self.fleet.live())
    @rule(which=ANY, late=IS_LATE)
    def interrupt(self, which: int, late: bool) -> None:
        arn = _pick(self.fleet.live(), which)
        self.fleet.ecs.stop(arn, "SpotInterruption", "taken away")
        self._send_ends(late=late)

    @precondition(lambda self: self.late)
    @rule(which=ANY)
    def arrive(self, which: int) -> None:
        """What was late comes, in any order."""
        self._deliver(self.late.pop(which % len(self.late)))

    # --- the operator, time, the functions --------------------------------------------------------

    @precondition(lambda self: self.open_rows())
    @rule(which=ANY, forced=st.booleans())
    def operator_stops(self, which: int, forced: bool) -> None:
        row = _pick(self.open_rows(), which)
        fact = e.StopIntended(
            runner_id=row.runner_id, reason="asked by an operator", forced=forced, by_operator=True
        )
        self._send(row.job_id, fact, late=False)

    @rule(seconds=st.sampled_from([1, 31, 61, 121, 301, 1201]))
    def time_passes(self, seconds: int) -> None:
        self.fleet.clock.advance(seconds)

    @rule()
    def consumers_run(self) -> None:
        self._settle()

    @rule(role=st.sampled_from(Role), call=st.integers(0, 15), after=st.booleans())
    def consumer_crashes(self, role: Role, call: int, after: bool) -> None:
        crasher = Crasher(call, after=after)
        self._settle(crashing=role, deps=crasher.deps(self.fleet.deps))

    @rule()
    def janitor_sweeps(self) -> None:
        failures: list[str] = []
        self.fleet.sweep()
        for sweep in (vanished_tasks, orphan_tasks, waiting_jobs):
            sweep(janitor(self.fleet, failures))
        self._settle()
        assert failures == []

    # --- what is always so ------------------------------------------------------------------------

    @invariant()
    def check(self) -> None:
        for holds in INVARIANTS:
            holds(self)

    # --- the end ----------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Let all jobs run: then nothing is left, unless the story has failed already."""
        if sys.exc_info()[0] is not None:
            return
        for _ in range(ROUNDS):
            self._round()
            if self._is_at_rest():
                break
        self.check()
        open_jobs = [job for job in self.jobs.values() if not self._is_over(job)]
        assert open_jobs == [], "these jobs never ran"
        assert self.open_rows() == []
        assert self.fleet.live_runners() == []
        assert self.fleet.registrations.names() == []
        assert self.fleet.log.slots().held == 0

    def _round(self) -> None:
        """Two minutes in which all goes well."""
        while self.late:
            self._deliver(self.late.pop(0))
        self._settle()
        self._come_up()
        while self._matches():
            self.start(LAST, late=False)
        self._settle()
        self.check()
        while self._jobs("in_progress"):
            self.complete(0, late=False)
        for task in self._tasks("RUNNING"):
            if any(job.runner == task.runner_id for job in self.jobs.values()):
                self.fleet.ecs.exits(task.task_arn, 0)
        self._send_ends(late=False)
        self._settle()
        self.time_passes(121)
        self.janitor_sweeps()

    def _come_up(self) -> None:
        while self._tasks("PROVISIONING"):
            self.run(0, late=False)
        self._settle()

    def _is_at_rest(self) -> bool:
        over = all(map(self._is_over, self.jobs.values()))
        return over and not self.open_rows() and not self.fleet.registrations.names()

    def _is_over(self, job: Job) -> bool:
        """Whether it has ended, or gets no runner for a reason that is in the log."""
        state = self.states().get(job.id)
        refused = state is not None and state.job.phase.value == "refused" and state.job.reason
        return job.status == "completed" or bool(refused)

    # --- what rules share -------------------------------------------------------------------------

    def _on_task(self, what: str, task: Any) -> None:
        """A busy runner is stopped only by force, as its TTL and an operator do."""
        runner_id = task["startedBy"]
        if what != "stop" or runner_id not in self._busy():
            return
        wishes = [one for one in self.facts(e.StopIntended) if one.runner_id == runner_id]
        is_forced = any(one.forced for one in wishes)
        assert is_forced, f"{runner_id} was stopped while it was busy"

    def _announce(self, job: Job, fact: e.Fact, *, late: bool) -> None:
        """GitHub sends a webhook, and says the same of the job when it is asked."""
        self.fleet.registrations.jobs.answers[job.id] = JobView(
            status=job.status,
            conclusion=job.conclusion,
            runner_name=job.runner or "",
            github_runner_id=job.github_runner_id,
            started_at=job.started_at,
            completed_at=job.completed_at,
        )
        self._send(job.id, fact, late=late)

    def _complete(self, job: Job, conclusion: str, *, late: bool) -> None:
        job.status, job.conclusion = "completed", conclusion
        job.completed_at = self.fleet.clock.now()
        if job.runner:
            self.fleet.registrations.ended(job.runner)
        fact = e.JobCompleted(
            job=job.details,
            conclusion=conclusion,
            runner_name=job.runner or "",
            runner_id=job.runner,
            github_runner_id=job.github_runner_id,
            started_at=job.started_at,
        )
        self._announce(job, fact, late=late)

    def _send_ends(self, *, late: bool) -> None:
        """ECS sends an event for each task that has stopped since."""
        for task in self._tasks("STOPPED"):
            if task.task_arn in self.ends_sent:
                continue
            self.ends_sent.add(task.task_arn)
            fact = e.TaskStopped(
                runner_id=task.runner_id,
                task_arn=task.task_arn,
                version=task.version,
                stop_code=task.stop_code or "",
                reason=task.stopped_reason or "",
                exit_code=task.exit_code,
            )
            self._send(home_job(task.runner_id) or 0, fact, late=late)

    def _send(self, job_id: int, fact: e.Fact, *, late: bool) -> None:
        message = (f"message-{len(self.sent) + len(self.late) + 1}", job_id, fact)
        self.late.append(message)
        if not late:
            self._deliver(self.late.pop())

    def _deliver(self, message: tuple[str, int, e.Fact]) -> None:
        event_id, job_id, fact = message
        if message not in self.sent:
            self.sent.append(message)
        self.fleet.tell(job_id, fact, event_id)
        self.is_settled = False

    def _settle(self, **crashing: Any) -> None:
        self.fleet.settle(**crashing)
        self.is_settled = True
        self._send_ends(late=True)

    def _jobs(self, status: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.status == status]

    def _tasks(self, status: str) -> list[TaskView]:
        tasks = map(self.fleet.task, self.fleet.ecs.tasks)
        return [one for one in tasks if one.last_status == status]

    def _registered(self) -> dict[str, Any]:
        return {one.name: one for one in self.fleet.registrations.runners.values()}

    def _busy(self) -> set[str]:
        return {name for name, one in self._registered().items() if one.job_id is not None}

    def _matches(self) -> list[tuple[Job, str]]:
        """Each queued job with each idle runner that has its labels; its own runner comes first."""
        idle = {one.runner_id for one in self._tasks("RUNNING")} - self._busy()
        found = [
            (job, name)
            for job in self._jobs("queued")
            for name, one in self._registered().items()
            if name in idle and set(job.details.labels) <= set(one.labels)
        ]
        return sorted(found, key=lambda one: home_job(one[1]) != one[0].id)

    def open_rows(self) -> list[Any]:
        return [row for row in self.fleet.table.all() if row.status not in ("OFFLINE", "FAILED")]

    def recorded(self) -> dict[str, list[e.Recorded]]:
        """All events by stream; read anew only when there are more of them."""
        log = self.fleet.log
        if log.count != self._count:
            self._count, self._events = log.count, log.events
            self._histories = {name: read(name, events) for name, events in self._events.items()}
        return self._events

    def histories(self) -> dict[str, Any]:
        """The folds of all streams."""
        self.recorded()
        return self._histories

    def states(self) -> dict[int, Any]:
        """The states of all jobs in the log."""
        return {one.state.job_id: one.state for one in self.histories().values()}

    def facts(self, kind: type[T]) -> Iterator[T]:
        """All facts of that type."""
        facts = (one.event.fact for events in self.recorded().values() for one in events)
        return (fact for fact in facts if isinstance(fact, kind))


# --- the invariants -------------------------------------------------------------------------------


def no_launch_number_has_two_live_tasks(machine: FleetMachine) -> None:
    twice = [name for name, n in Counter(machine.fleet.live_runners()).items() if n > 1]
    assert twice == []


def each_live_task_was_intended(machine: FleetMachine) -> None:
    intended = {one.runner_id for one in machine.facts(e.LaunchIntended)}
    assert set(machine.fleet.live_runners()) <= intended


def each_waiting_job_has_a_runner_or_a_reason(machine: FleetMachine) -> None:
    rows = {row.waits_for_job_id: row for row in machine.open_rows()}
    for job_id, state in machine.states().items() if machine.is_settled else ():
        phase = state.job.phase
        if phase is JobPhase.QUEUED:
            assert job_id in rows, f"nothing comes for job {job_id}"
            assert rows[job_id].status in COMING
        assert phase is not JobPhase.REFUSED or state.job.reason


def no_job_that_waits_at_github_is_over_in_the_log(machine: FleetMachine) -> None:
    for job_id, state in machine.states().items():
        if state.job.phase in (JobPhase.STARTED, JobPhase.COMPLETED):
            assert machine.jobs[job_id].status != "queued", f"job {job_id} waits at GitHub"


def no_job_waits_for_a_runner_that_took_another(machine: FleetMachine) -> None:
    """Once all webhooks have come."""
    is_open = any(isinstance(fact, e.JobStarted | e.JobCompleted) for _, _, fact in machine.late)
    if is_open or not machine.is_settled:
        return
    taken = {job.runner: job.id for job in machine.jobs.values() if job.runner}
    for row in machine.open_rows():
        if row.waits_for_job_id is not None and row.runner_id in taken:
            where = f"{row.runner_id}, which took job {taken[row.runner_id]}"
            raise AssertionError(f"job {row.waits_for_job_id} waits for {where}")


def rows_and_counter_are_the_fold_of_the_log(machine: FleetMachine) -> None:
    histories = machine.histories().values()
    rows = {name: row for one in histories for name, row in one.rows.items()}
    assert {row.runner_id: row for row in machine.fleet.table.all()} == rows
    slots = machine.fleet.log.slots()
    expected = [(one.held, one.awaited) for one in counted(one.state for one in histories)]
    assert [(one.held, one.awaited) for one in slots.shards] == expected
    assert len(machine.fleet.live()) <= slots.held <= POLICY.max_runners


INVARIANTS: tuple[Callable[[FleetMachine], None], ...] = (
    no_launch_number_has_two_live_tasks,
    each_live_task_was_intended,
    each_waiting_job_has_a_runner_or_a_reason,
    no_job_that_waits_at_github_is_over_in_the_log,
    no_job_waits_for_a_runner_that_took_another,
    rows_and_counter_are_the_fold_of_the_log,
)


def _pick(found: list[T], which: int) -> T:
    return found[which % len(found)]


SETTINGS = settings(
    max_examples=80,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""The same stories in each run."""
PLANTED = settings(
    SETTINGS,
    stateful_step_count=8,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
)


def test_no_story_breaks_an_invariant_and_each_comes_to_rest() -> None:
    run_state_machine_as_test(FleetMachine, settings=SETTINGS)


# --- the machine itself: bugs that it must find ---------------------------------------------------


def test_a_forgotten_swap_is_found_and_shrunk_to_a_short_story(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = tuple(one for one in next_action.RULES if one[1].__name__ != "assign")
    assert len(others) == len(next_action.RULES) - 1
    monkeypatch.setattr(next_action, "RULES", others)
    problem, story = _found()
    assert problem == "job 2 waits for fleet-2-1, which took job 1"
    assert len(story) <= 3, story


def test_a_busy_runner_that_is_stopped_is_found_and_shrunk_to_a_short_story(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delete = SimulatedRegistrations.delete

    def never_busy(*asked: Any) -> Deletion:
        answer = delete(*asked)
        return Deletion.ABSENT if answer is Deletion.BUSY else answer

    monkeypatch.setattr(SimulatedRegistrations, "delete", never_busy)
    problem, story = _found()
    assert problem.endswith("was stopped while it was busy")
    assert len(story) <= 4, story


def _found() -> tuple[str, list[str]]:
    """What hypothesis finds wrong with the product as it is now, and the steps of the story."""
    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(FleetMachine, settings=PLANTED)
    lines = "\n".join(caught.value.__notes__).splitlines()
    steps = [one for one in lines if one.startswith("state.") and one != "state.check()"]
    return str(caught.value).splitlines()[0], steps
