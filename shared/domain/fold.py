"""One more fact, the next state. Pure and total: a fact that means nothing here changes nothing.

Every phase change goes through the tables in `state`; a signal that a table does not have is
ignored, which is what makes late and repeated facts harmless. Which fact changes what is in the
modules beside this one, each with a table of its own.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.image import job_fold as image_fold
from shared.domain.job import fold as job_fold
from shared.domain.job.state import Job
from shared.domain.notice import fold as notice_fold
from shared.domain.pairing import fold as pairing_fold
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
    **notice_fold.HANDLERS,
}


def evolve(state: State, event: e.Event) -> State:
    """The state after `event`."""
    fact = event.fact
    if isinstance(fact, e.JobStuck):
        return replace(state, job=replace(state.job, stuck=fact.reason))
    handler = HANDLERS.get(type(fact))
    after = handler(state, fact, event.at) if handler else state
    if isinstance(fact, e.JobQueued):
        after = replace(after, job=_arrived(state.job, after.job, event.recorded_at))
    goes_on = after is not state and not isinstance(fact, e.NoticeSent)
    moved = goes_on and after.job.stuck is not None
    return replace(after, job=replace(after.job, stuck=None)) if moved else after


def _arrived(before: Job, after: Job, recorded_at: datetime) -> Job:
    """The job after it was queued; a webhook of a job that is queued again has its old time."""
    if before.arrived_at is None:
        return replace(after, arrived_at=recorded_at)
    if after.demands == before.demands:
        return after
    return replace(after, arrived_at=recorded_at, queued_at=recorded_at)


def fold(job_id: int, events: Iterable[e.Event]) -> State:
    """The state of a job's stream after all of its events, in order."""
    state = State(job_id=job_id)
    for event in events:
        state = evolve(state, event)
    return state
