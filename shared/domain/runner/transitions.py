"""Changes of a runner that several events share."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from shared.domain.runner.state import RUNNER_TRANSITIONS, Runner, RunnerPhase
from shared.domain.signals import Signal
from shared.domain.slot.state import Slot
from shared.domain.state import State

CONFIRM_EVERY = timedelta(seconds=120)
"""So long an idle runner is taken to be registered still. GitHub may remove one after 2 to 6 idle
minutes. Source: actions/runner, issue 4726."""
IDLE_ENOUGH = timedelta(seconds=60)
"""Before that GitHub removes no idle runner: one that ended sooner without a job is broken."""
REMOVED = "GitHub removed its registration while it was idle"
"""The reason of such a runner's end."""
WEBHOOK_GRACE = timedelta(seconds=30)
"""How long a job's webhook may be later than the end of its task, before GitHub is asked."""


def check_after(closed: Runner) -> datetime | None:
    """When GitHub is asked about the job that waited for a runner that is over; None: never.

    The job may have run on it, or may have begun on another runner meanwhile: in both cases its
    webhook is late.
    """
    if closed.took is not None or closed.closed_at is None:
        return None
    if closed.served:
        return closed.closed_at + WEBHOOK_GRACE
    waited = closed.running_at is not None and closed.closed_at - closed.running_at >= IDLE_ENOUGH
    return closed.closed_at if waited else None


def is_unaccounted(runner: Runner) -> bool:
    """Whether it ended after a job of which no webhook has come yet.

    It stays paired for `WEBHOOK_GRACE`: the webhook tells whose runner the waiting job gets.
    """
    return runner.phase is RunnerPhase.CLOSED and runner.served and runner.took is None


def signal_runner(runner: Runner, signal: Signal) -> Runner:
    """The runner after a signal; one that its table lacks changes nothing."""
    return replace(runner, phase=RUNNER_TRANSITIONS[runner.phase].get(signal, runner.phase))


def taken(runner: Runner, job_id: int, at: datetime) -> Runner:
    """The runner after it took the job."""
    runner = signal_runner(runner, Signal.TAKEN)
    return replace(runner, took=runner.took or job_id, taken_at=runner.taken_at or at)


def left(runner: Runner, conclusion: str, at: datetime) -> Runner:
    """The runner after its job's end."""
    runner = signal_runner(runner, Signal.LEFT)
    return replace(runner, conclusion=runner.conclusion or conclusion, left_at=runner.left_at or at)


def never_started(
    state: State, runner: Runner, reason: str, at: datetime, *, failed: bool
) -> State:
    """The runner is over before it had a task."""
    closed = signal_runner(runner, Signal.NEVER_STARTED)
    if closed.phase is runner.phase:
        return state
    slot = Slot.NONE if closed.slot is Slot.AWAITED else closed.slot
    closed = replace(closed, slot=slot, awaits=None, image=None, retry_at=None, uncertain=False)
    closed = replace(closed, closed_at=at, failed=failed, reason=reason)
    return unpair_own(put(state, closed), closed)


def unpair_own(state: State, closed: Runner) -> State:
    """A runner that is over serves its own job no more; another job must be told by an event."""
    if closed.serves != state.job_id:
        return state
    job = replace(state.job, paired=None) if state.job.paired == closed.id else state.job
    return put(replace(state, job=job), replace(closed, serves=None))


def put(state: State, changed: Runner) -> State:
    """The state with the runner as it is now."""
    runners = tuple(changed if runner.id == changed.id else runner for runner in state.runners)
    return replace(state, runners=runners)


def change_runner(state: State, runner_id: str | None, change: Callable[[Runner], Runner]) -> State:
    """The state after the change of a runner; the same if it has no such runner."""
    runner = state.runner(runner_id)
    return put(state, change(runner)) if runner else state
