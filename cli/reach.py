"""Finds the runners of a job, for commands that accept a job in place of a runner. Pure."""

from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.state import State


def runners_of(state: State) -> list[str]:
    """Return the ids of the runners launched for the job, and of those it runs on or waits for."""
    job = state.job
    ids = [*(one.id for one in state.runners), job.runner_id, job.paired]
    return list(dict.fromkeys(one for one in ids if one))


def stoppable(state: State) -> tuple[list[str], list[Runner]]:
    """Return the ids of the job's runners, and the live ones that now belong to another job.

    The first may include runners of another stream. Only that stream shows whether they are live.
    """
    live = [one for one in state.runners if one.phase is not RunnerPhase.CLOSED]
    taken = [one for one in live if not _is_for(one, state.job_id)]
    mine = [one.id for one in live if one not in taken]
    of_another_stream = {state.job.assigned or state.job.runner_id, state.job.paired}
    known = {one.id for one in state.runners} | {None}
    return [*mine, *sorted(str(one) for one in of_another_stream - known)], taken


def _is_for(runner: Runner, job_id: int) -> bool:
    return (runner.took or runner.serves) in (None, job_id)
