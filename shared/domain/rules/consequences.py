"""What follows from what happened: pairing, stopping, slots, relaunches. The reconciler's turn."""

from datetime import datetime
from itertools import takewhile

from shared.domain import events as e
from shared.domain.actions import (
    Action,
    CheckTask,
    CloseCircuit,
    DeleteConfig,
    Deregister,
    EndPairing,
    FreeSlot,
    Place,
    Record,
    StopTask,
    TellFinished,
    Wait,
)
from shared.domain.backoff import delay
from shared.domain.deadlines import limit, start_limit, stop_limit
from shared.domain.evolve.steps import REMOVED, check_after, is_unaccounted
from shared.domain.names import home_job, runner_id
from shared.domain.policy import Policy
from shared.domain.rules.clauses import (
    SURPLUS,
    counts_as_dead,
    died,
    is_wanted,
    once_a_demand,
    stop,
    was_tried,
)
from shared.domain.slots import BROKEN, SERVED, UNUSED
from shared.domain.state import Demand, Runner, Slot, State, Supply

_TASK_LIVES = (Supply.LAUNCHED, Supply.IDLE, Supply.BUSY, Supply.FINISHED)
_UNCLAIMED = (Supply.LAUNCHED, Supply.IDLE)


def place(state: State, _: datetime, __: Policy) -> Action | None:
    """A job runs on a runner whose own stream does not know yet."""
    job = state.job
    if job.runner_id is None or job.placed == job.runner_id or job.started_at is None:
        return None
    spare = job.paired if job.paired != job.runner_id else None
    return Place(state.job_id, job.runner_id, spare, job.started_at)


def tell_finished(state: State, _: datetime, __: Policy) -> Action | None:
    """A job ended on another job's runner."""
    job = state.job
    elsewhere = job.placed is not None and home_job(job.placed) != state.job_id
    if job.phase is not Demand.COMPLETED or job.told_finished or not elsewhere:
        return None
    if job.placed is None or job.completed_at is None:
        return None
    return TellFinished(state.job_id, job.placed, job.conclusion or "", job.completed_at)


def end_pairing_of_job(state: State, _: datetime, __: Policy) -> Action | None:
    """A job that waits no more has a runner that waits for it."""
    job = state.job
    if job.paired is None or job.phase is Demand.WAITING or job.check_at is not None:
        return None
    why = {
        Demand.STARTED: "the job started on another runner",
        Demand.REFUSED: "the job gets no runner",
        Demand.HELD: "GitHub holds the job, such as for an approval",
    }.get(job.phase, f"the job ended ({job.conclusion}) before a runner took it")
    return EndPairing(state.job_id, job.paired, why)


def end_pairing_of_runner(state: State, now: datetime, _: Policy) -> Action | None:
    """A job waits for a runner that can't serve it any more."""
    waiting: Wait | None = None
    for runner in state.runners:
        if runner.serves is None:
            continue
        if runner.phase is Supply.CLOSED:
            check_at = check_after(runner)
            if is_unaccounted(runner) and check_at and check_at > now:
                waiting = waiting or Wait(check_at)
                continue
            return EndPairing(runner.serves, runner.id, "the runner ended", check_at)
        if runner.removed:
            return EndPairing(runner.serves, runner.id, REMOVED, now)
        if runner.busy_at and runner.took is None:
            return EndPairing(runner.serves, runner.id, "GitHub reports it as busy", now)
    return waiting


def drop_plan(state: State, _: datetime, __: Policy) -> Action | None:
    """A launch that is not wanted has not begun, or failed after its runner went to another job.

    A plan is made from its own job: the other one plans a runner of its own.
    """
    for runner in state.runners:
        if runner.phase is not Supply.PLANNED:
            continue
        if not is_wanted(runner):
            reason = runner.stop.reason if runner.stop else SURPLUS
        elif runner.serves != state.job_id:
            reason = f"its launch failed; job {runner.serves} gets a runner of its own"
        else:
            continue
        fact = e.LaunchCancelled(runner_id=runner.id, reason=reason)
        return Record(f"{runner.id}/launch-cancelled", fact)
    return None


def close_circuit(state: State, _: datetime, __: Policy) -> Action | None:
    """A job started on a runner that was launched after others had broken."""
    for runner in state.runners:
        after_broken = runner.plan is not None and runner.plan.broken_before > 0
        works = runner.took is not None and runner.phase is not Supply.CLOSED
        if after_broken and works and not runner.closed_circuit:
            return CloseCircuit(runner)
    return None


def free_slot(state: State, _: datetime, __: Policy) -> Action | None:
    """A runner that has ended holds a slot."""
    for runner in state.runners:
        if runner.phase is Supply.CLOSED and runner.slot is Slot.HELD:
            return FreeSlot(runner, _outcome(runner))
    return None


def intend_stop(state: State, now: datetime, _: Policy) -> Action | None:
    """A limit has passed, or nobody waits for the runner."""
    for runner in state.runners:
        passed = limit(runner)
        if passed and passed.at <= now:
            return stop(runner, passed.reason, forced=passed.forced)
        unclaimed = runner.phase in _UNCLAIMED and runner.serves is None
        if unclaimed and runner.stop is None:
            return stop(runner, REMOVED if runner.removed else SURPLUS)
    return None


def deregister(state: State, _: datetime, __: Policy) -> Action | None:
    """A runner is to take no more jobs, or ended without one and is still registered."""
    for runner in state.runners:
        stopping = runner.phase in _TASK_LIVES and runner.stop and not runner.stop.deregistered
        ended = runner.phase is Supply.CLOSED and was_tried(runner) and runner.left_at is None
        if stopping or (ended and runner.plan and not runner.deregistered):
            return Deregister(runner)
    return None


def stop_task(state: State, now: datetime, _: Policy) -> Action | None:
    """A runner that is deregistered is to stop, or should have stopped by now.

    A job may be heard of before the task that it runs on: its launch has to be finished first.
    """
    for runner in state.runners:
        if runner.phase not in _TASK_LIVES or not runner.stop or not runner.stop.deregistered:
            continue
        if runner.task_arn is None:
            continue
        if runner.stop.sent == 0:
            return StopTask(runner)
        overdue = stop_limit(runner)
        if overdue and overdue <= now:
            return CheckTask(runner)
    return None


def delete_config(state: State, _: datetime, __: Policy) -> Action | None:
    """The config has been read, or never will be."""
    for runner in state.runners:
        has_read_it = runner.running_at or runner.taken_at or runner.phase is Supply.CLOSED
        known = runner.launched or (runner.phase is Supply.CLOSED and was_tried(runner))
        if known and has_read_it and not runner.config_deleted:
            return DeleteConfig(runner)
    return None


def plan_launch(state: State, _: datetime, policy: Policy) -> Action | None:
    """A job waits and no runner is meant for it."""
    job = state.job
    if job.phase is not Demand.WAITING or job.paired is not None or not state.runners:
        return None
    if job.check_at is not None:
        return None
    dead = [one for one in state.runners if one.number >= job.first and counts_as_dead(one)]
    why = _why_again(state.job_id, state.runners[-1])
    if len(dead) >= policy.max_launches:
        reason = f"{len(dead)} runners ended before they took the job; the last: {why}"
        return Record(once_a_demand(state, "given-up"), e.JobGivenUp(reason=reason))
    number = state.runners[-1].number + 1
    name = runner_id(state.fleet, state.job_id, number)
    not_before = _not_before(state, name, policy)
    fact = e.LaunchPlanned(runner_id=name, number=number, reason=why, not_before=not_before)
    return Record(f"{name}/launch-planned", fact)


def _not_before(state: State, name: str, policy: Policy) -> datetime | None:
    """When the next launch may begin: the more runners AWS took away in a row, the later."""
    lost = list(takewhile(lambda runner: runner.lost, reversed(state.runners)))
    if len(lost) < 2 or lost[0].closed_at is None:  # noqa: PLR2004 - the first loss costs no time
        return None
    return lost[0].closed_at + delay(policy, name, len(lost) - 1)


def _why_again(job_id: int, last: Runner) -> str:
    """Why the job waits although a runner was launched for it: what became of the last one."""
    if died(last):
        stopped = last.stop.reason if last.stop else "it ended without taking a job"
        return last.reason or stopped
    if last.removed:
        return REMOVED
    if last.took not in (None, job_id) or last.served:
        return "its runner took another job"
    return "the runner that it was given is gone"


def _outcome(runner: Runner) -> str:
    if runner.took is not None or runner.busy_at or runner.served:
        return SERVED
    ended_by_itself = died(runner) and runner.stop is None and runner.task_arn is not None
    broken = ended_by_itself or _came_up_too_late(runner)
    return BROKEN if broken and not runner.lost and not runner.removed else UNUSED


def _came_up_too_late(runner: Runner) -> bool:
    passed = start_limit(runner) if runner.running_at is None else None
    return bool(passed and runner.stop and runner.stop.intended_at >= passed)
