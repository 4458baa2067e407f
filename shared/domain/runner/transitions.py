"""Changes of a runner that several events share."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.domain.machine import next_phase
from shared.domain.runner.state import RUNNER_TRANSITIONS, Runner, RunnerPhase, RunnerSignal
from shared.domain.slot.state import SLOT_TRANSITIONS, SlotSignal
from shared.domain.state import State

CONFIRM_EVERY = timedelta(seconds=120)
"""Interval between checks of an idle runner's registration, which GitHub may remove after 2 to 6
idle minutes. Source: actions/runner, issue 4726."""
IDLE_ENOUGH = timedelta(seconds=60)
"""GitHub removes no runner that was idle for less. One that ends sooner without a job is broken."""
REMOVED = "GitHub removed its registration while it was idle"
"""The reason of the end of a runner that GitHub removed."""
WEBHOOK_GRACE = timedelta(seconds=30)
"""How long a job's webhook may arrive after the end of its task until the job's status is read from
GitHub."""


def ask_github_at(closed: Runner) -> datetime | None:
    """Return when the status of the job that waited for a closed runner is read; None: never.

    A runner that came up may have been killed while it ran the job. Or the job may have begun on
    another runner. In both cases its webhook is late.
    """
    if closed.took is not None or closed.closed_at is None:
        return None
    if closed.served:
        return closed.closed_at + WEBHOOK_GRACE
    return closed.closed_at if closed.running_at is not None else None


def ended_without_webhook(runner: Runner) -> bool:
    """Return whether it ran a job whose webhook has not arrived yet.

    It stays paired for `WEBHOOK_GRACE`: the webhook determines which runner the waiting job gets.
    """
    return runner.phase is RunnerPhase.CLOSED and runner.served and runner.took is None


def signal_runner(runner: Runner, signal: RunnerSignal, **changes: Any) -> Runner:
    """Return the runner after a signal, with these changes; unchanged if its table lacks it."""
    phase = next_phase(RUNNER_TRANSITIONS, runner.phase, signal)
    return runner if phase is None else replace(runner, phase=phase, **changes)


def signal_slot(runner: Runner, signal: SlotSignal, **changes: Any) -> Runner:
    """Return the runner after a signal to its slot, with these changes; see `signal_runner`."""
    slot = next_phase(SLOT_TRANSITIONS, runner.slot, signal)
    return runner if slot is None else replace(runner, slot=slot, **changes)


def take_job(runner: Runner, job_id: int, at: datetime) -> Runner:
    """Return the runner after it took the job."""
    took, taken_at = runner.took or job_id, runner.taken_at or at
    return signal_runner(runner, RunnerSignal.TAKEN, took=took, taken_at=taken_at)


def left(runner: Runner, conclusion: str, at: datetime) -> Runner:
    """Return the runner after its job's end."""
    return signal_runner(
        runner,
        RunnerSignal.LEFT,
        conclusion=runner.conclusion or conclusion,
        left_at=runner.left_at or at,
    )


def never_started(
    state: State, runner: Runner, reason: str, at: datetime, *, failed: bool, **changes: Any
) -> State:
    """Return the state in which the runner is closed before it had a task."""
    changes |= {"image": None, "retry_at": None, "uncertain": False}
    changes |= {"closed_at": at, "failed": failed, "reason": reason}
    closed = signal_runner(runner, RunnerSignal.NEVER_STARTED, **changes)
    if closed is runner:
        return state
    closed = signal_slot(closed, SlotSignal.DROPPED, awaits=None)
    return unpair_own(put(state, closed), closed)


def unpair_own(state: State, closed: Runner) -> State:
    """End the pairing of a closed runner with its own job; any other job needs a further event."""
    if closed.serves != state.job_id:
        return state
    job = replace(state.job, paired=None) if state.job.paired == closed.id else state.job
    return put(replace(state, job=job), replace(closed, serves=None))


def put(state: State, changed: Runner) -> State:
    """Return the state with the changed runner."""
    if len(state.runners) == 1 and state.runners[0].id == changed.id:
        return replace(state, runners=(changed,))
    runners = tuple(changed if runner.id == changed.id else runner for runner in state.runners)
    return replace(state, runners=runners)


def change_runner(state: State, runner_id: str | None, change: Callable[[Runner], Runner]) -> State:
    """Return the state with the runner changed; unchanged if there is no such runner."""
    runner = state.runner(runner_id)
    return put(state, change(runner)) if runner else state
