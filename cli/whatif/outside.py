"""The world outside the control plane: GitHub, ECS and the jobs, as the recording shows them.

A launch goes as the same launch of the recording went, if there was one, and otherwise as the
median. An idle runner gets the job that took it in the recording, if that one waits; else the job
that it was launched for; else the one that has waited longest and that it can serve. A job takes as
long as it took.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Protocol

from msgspec.structs import replace

from cli.whatif.assumed import Durations
from cli.whatif.attempts import Attempts, moved
from cli.whatif.observed import Demand, Failed, Launch
from cli.whatif.offers import Offers, stream_of
from shared.domain import actions as a
from shared.domain import events as e
from shared.domain.codec import decode
from shared.domain.runner.fold import NO_JOB_CODE, SERVED_CODE
from shared.domain.runner.state import Runner
from shared.domain.slot.state import Slot
from shared.domain.state import State
from shared.domain.stream import StreamId

Schedule = Callable[[datetime, Callable[[datetime], None]], None]
"""Calls a function at a time, with that time."""


class Record(Protocol):
    """Records a fact in a stream. `at` is when it happened; None means now."""

    def __call__(
        self, stream: StreamId, fact: e.Fact, now: datetime, at: datetime | None = None
    ) -> None:
        """Record it."""
        ...


Load = Callable[[StreamId], State]
ABSENT = "absent"


class Outside:
    """GitHub, ECS and the jobs in virtual time.

    Args:
        region: Of the tasks.
        load: Returns the state of a job's stream.
    """

    def __init__(
        self, durations: Durations, region: str, schedule: Schedule, record: Record, load: Load
    ) -> None:
        self._typical = durations
        self._region = region
        self._schedule = schedule
        self._record = record
        self._load = load
        self._offers = Offers()
        self._attempts = Attempts(self._offers, durations.launch)
        self._idle: OrderedDict[str, datetime] = OrderedDict()
        self._running: dict[str, int] = {}
        self._launching: set[tuple[str, int]] = set()
        self._granted: dict[str, datetime] = {}

    def offer(self, demand: Demand, now: datetime) -> None:
        """Let GitHub offer a job to runners from now on."""
        if not self._offers.add(demand):
            return
        if demand.ended_at is not None:
            self._schedule(max(now, demand.ended_at), lambda at: self._cancel(demand, at))
        if demand.elsewhere_at is not None:
            starts_at = max(now, demand.elsewhere_at)
            self._schedule(starts_at, lambda at: self._start_elsewhere(demand, at))
        if self._idle:
            self._after(self._typical.assign, now, lambda at: self._match_idle(now, at))

    def forget(self, job_id: int) -> None:
        """Drop a job that has ended."""
        self._offers.forget(job_id)

    def may_begin(self, runner: Runner, now: datetime) -> datetime:
        """Return when a planned launch begins at the earliest.

        Its image is ready at the same time as in the recording. A slot that it waited for takes a
        while to be handed over.
        """
        observed = self._offers.observed(runner.id)
        ready = observed.image_ready_at if observed else None
        begins = max(now, ready) if ready else now
        if runner.slot is Slot.HELD:
            delay = timedelta(seconds=self._typical.hand_over)
            begins = max(begins, self._granted.setdefault(runner.id, now) + delay)
        return begins

    # --- effects --------------------------------------------------------------------------------

    def perform(self, state: State, action: a.Action, now: datetime) -> e.Fact | None:
        """Carry an effect out. See `control_plane.Perform`."""
        effect = _EFFECTS.get(type(action))
        fact: e.Fact | None = effect(self, state, action, now) if effect else None
        return fact

    def _launch(self, _: State, action: a.Launch, now: datetime) -> e.Fact | None:
        runner = action.runner
        if not action.wanted:
            return e.LaunchCancelled(runner_id=runner.id, reason="no waiting job needs it")
        attempt = (runner.id, runner.attempts)
        if attempt not in self._launching:
            self._launching.add(attempt)
            after, failed = self._attempts.next(runner)
            self._after(after, now, lambda at: self._launched(runner, failed, at))
        return None

    def _launched(self, runner: Runner, failed: Failed | None, now: datetime) -> None:
        stream = stream_of(runner.id)
        self._launching.discard((runner.id, runner.attempts))
        if failed is not None:
            self._record(stream, moved(failed, runner, now), now)
            return
        launched = e.RunnerLaunched(
            runner_id=runner.id, task_arn=self._arn(runner.id), github_runner_id=1
        )
        observed = self._offers.observed(runner.id) or Launch()
        if observed.start is None and observed.died is not None:
            self._after(observed.died, now, lambda at: self._stopped(runner.id, at, observed.end))
        else:
            start = _known(observed.start, self._typical.start)
            self._after(start, now, lambda at: self._started(runner.id, at))
        self._record(stream, launched, now)

    def _started(self, runner_id: str, now: datetime) -> None:
        """Report that a task runs. From now on GitHub may assign a job to its runner."""
        stream = stream_of(runner_id)
        runner = self._load(stream).runner(runner_id)
        if runner is None or runner.closed_at is not None:
            return
        observed = self._offers.observed(runner_id) or Launch()
        self._idle[runner_id] = now
        if observed.died is not None:
            self._after(observed.died, now, lambda at: self._dies(runner_id, at, observed))
        else:
            assign = _known(observed.assign, self._typical.assign)
            self._after(assign, now, lambda at: self._match(runner_id, at))
        fact = e.TaskStarted(runner_id=runner_id, task_arn=self._arn(runner_id), version=1)
        self._record(stream, fact, now)

    def _dies(self, runner_id: str, now: datetime, observed: Launch) -> None:
        if runner_id in self._idle:
            exit_code = NO_JOB_CODE if observed.removed else 0
            self._stopped(runner_id, now, observed.end, exit_code=exit_code)

    def _stopped(
        self,
        runner_id: str,
        now: datetime,
        end: str | None = None,
        at: datetime | None = None,
        exit_code: int = SERVED_CODE,
    ) -> None:
        """Report that a task has stopped, at `at` or now, as in the recorded event `end`."""
        self._idle.pop(runner_id, None)
        self._running.pop(runner_id, None)
        known: Any = decode(end).fact if end else None
        fact = known or e.TaskStopped(
            runner_id=runner_id,
            task_arn="",
            version=2,
            stop_code="EssentialContainerExited",
            exit_code=exit_code,
        )
        fact = replace(fact, runner_id=runner_id, task_arn=self._arn(runner_id), stopping_at=None)
        self._granted.pop(runner_id, None)
        self._attempts.forget(runner_id)
        self._record(stream_of(runner_id), fact, now, at)

    def _deregister(self, _: State, action: a.Deregister, __: datetime) -> e.Fact:
        runner_id = action.runner.id
        if runner_id in self._running:
            return e.RunnerFoundBusy(runner_id=runner_id)
        self._idle.pop(runner_id, None)
        return e.RunnerDeregistered(runner_id=runner_id, outcome=ABSENT)

    def _stop(self, _: State, action: a.StopTask, now: datetime) -> e.Fact:
        runner_id = action.runner.id
        self._after(self._typical.stop, now, lambda at: self._ended_by_stop(runner_id, at))
        return e.TaskStopSent(runner_id=runner_id, task_arn=self._arn(runner_id))

    def _ended_by_stop(self, runner_id: str, now: datetime) -> None:
        runner = self._load(stream_of(runner_id)).runner(runner_id)
        if runner is not None and runner.closed_at is None:
            self._stopped(runner_id, now)

    def _check_task(self, _: State, action: a.CheckTask, __: datetime) -> e.Fact:
        runner_id = action.runner.id
        return e.TaskStopped(runner_id=runner_id, task_arn=self._arn(runner_id), version=3)

    def _check_registration(self, _: State, action: a.CheckRegistration, __: datetime) -> e.Fact:
        return e.RunnerConfirmed(runner_id=action.runner.id)

    def _check_job(self, state: State, _: a.CheckJob, __: datetime) -> e.Fact:
        """Return GitHub's status of the job."""
        job_id = state.job_id
        runner_id = next((one for one, job in self._running.items() if job == job_id), None)
        if runner_id:
            return e.JobChecked(status="in_progress", runner_id=runner_id, runner_name=runner_id)
        return e.JobChecked(status="queued" if self._offers.is_queued(job_id) else "completed")

    def _cancel_run(self, state: State, _: a.CancelRun, __: datetime) -> e.Fact:
        return e.RunCancelled(run_id=state.job.details.run_id if state.job.details else 0)

    # --- jobs -----------------------------------------------------------------------------------

    def _match_idle(self, since: datetime, now: datetime) -> None:
        """Assign jobs to the runners that have been idle since some time or longer."""
        for runner_id in [*takewhile(lambda one: self._idle[one] <= since, self._idle)]:
            self._match(runner_id, now)

    def _match(self, runner_id: str, now: datetime) -> None:
        """Assign a job to a runner, if it is idle and one waits for it."""
        if runner_id not in self._idle:
            return
        runner = self._load(stream_of(runner_id)).runner(runner_id)
        job_id = self._offers.candidate(runner) if runner else None
        demand = self._offers.take(job_id) if job_id is not None else None
        if demand is not None:
            self._start(demand, runner_id, now)

    def _start(self, demand: Demand, runner_id: str, now: datetime) -> None:
        self._idle.pop(runner_id, None)
        self._running[runner_id] = demand.job_id
        duration = _known(demand.duration, self._typical.job)
        task_end = _known(demand.task_end, duration + self._typical.exit)
        report = _known(demand.report, self._typical.report)
        end = next((one.end for one in demand.launches if one.took == demand.job_id), None)
        stops = now + timedelta(seconds=task_end)
        self._after(duration, now, lambda at: self._complete(demand, runner_id, at))
        self._after(task_end + report, now, lambda at: self._stopped(runner_id, at, end, stops))
        fact = e.JobStarted(job=demand.details, runner_name=runner_id, runner_id=runner_id)
        self._record(StreamId.of_job(demand.job_id), fact, now)

    def _complete(self, demand: Demand, runner_id: str | None, now: datetime) -> None:
        fact = e.JobCompleted(
            job=demand.details,
            conclusion=demand.conclusion or "success",
            runner_name=runner_id or "",
            runner_id=runner_id,
        )
        self._record(StreamId.of_job(demand.job_id), fact, now)

    def _cancel(self, demand: Demand, now: datetime) -> None:
        if self._offers.take(demand.job_id) is not None:
            self._complete(demand, None, now)

    def _start_elsewhere(self, demand: Demand, now: datetime) -> None:
        if self._offers.take(demand.job_id) is None:
            return
        duration = _known(demand.duration, self._typical.job)
        self._after(duration, now, lambda at: self._complete(demand, None, at))
        fact = e.JobStarted(job=demand.details, runner_name="elsewhere")
        self._record(StreamId.of_job(demand.job_id), fact, now)

    def _arn(self, runner_id: str) -> str:
        return f"arn:aws:ecs:{self._region}::task/what-if/{runner_id}"

    def _after(self, seconds: float, now: datetime, call: Callable[[datetime], None]) -> None:
        self._schedule(now + timedelta(seconds=seconds), call)


def _known(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


_EFFECTS: dict[type[a.Action], Callable[..., e.Fact | None]] = {
    a.Launch: Outside._launch,  # noqa: SLF001 - the class's own table
    a.Deregister: Outside._deregister,  # noqa: SLF001
    a.StopTask: Outside._stop,  # noqa: SLF001
    a.CheckTask: Outside._check_task,  # noqa: SLF001
    a.CheckRegistration: Outside._check_registration,  # noqa: SLF001
    a.CheckJob: Outside._check_job,  # noqa: SLF001
    a.CancelRun: Outside._cancel_run,  # noqa: SLF001
}
"""The effects of a plain fleet. Images, commit statuses and re-runs are left out."""
