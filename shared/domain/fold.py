"""Folds a job's stream. Pure and total: a fact without a handler does not change the state.

Every phase change goes through the transition tables in the `state` modules. A signal that a table
does not have is ignored, so late and repeated facts are harmless. The handlers of each subject are
in its `fold` module.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.commit_status import fold as commit_status_fold
from shared.domain.image import job_fold as image_fold
from shared.domain.job import fold as job_fold
from shared.domain.job.state import Job
from shared.domain.pairing import fold as pairing_fold
from shared.domain.rerun import fold as rerun_fold
from shared.domain.runner import fold as runner_fold
from shared.domain.slot import fold as slot_fold
from shared.domain.state import Handlers, State
from shared.domain.stop import fold as stop_fold

HANDLERS: Handlers = {
    **job_fold.HANDLERS,
    **runner_fold.HANDLERS,
    **pairing_fold.HANDLERS,
    **slot_fold.HANDLERS,
    **image_fold.HANDLERS,
    **stop_fold.HANDLERS,
    **commit_status_fold.HANDLERS,
    **rerun_fold.HANDLERS,
}


def evolve(state: State, event: e.Event) -> State:
    """Return the state after `event`."""
    fact = event.fact
    if isinstance(fact, e.JobStuck):
        return replace(state, job=replace(state.job, stuck=fact.reason))
    handler = HANDLERS.get(type(fact))
    after = handler(state, fact, event.at) if handler else state
    if isinstance(fact, e.JobQueued):
        after = replace(after, job=_with_arrival(state.job, after.job, event.recorded_at))
    moved = after is not state and after.job.stuck is not None
    return replace(after, job=replace(after.job, stuck=None)) if moved else after


def _with_arrival(before: Job, after: Job, recorded_at: datetime) -> Job:
    """Return the job with its arrival time.

    The webhook of a job that is queued again has the old time, so the time of recording is used.
    """
    if before.arrived_at is None:
        return replace(after, arrived_at=recorded_at)
    if after.demands == before.demands:
        return after
    return replace(after, arrived_at=recorded_at, queued_at=recorded_at)


def fold(job_id: int, events: Iterable[e.Event]) -> State:
    """Return the state after all events of a job's stream, in order."""
    state = State(job_id=job_id)
    for event in events:
        state = evolve(state, event)
    return state
