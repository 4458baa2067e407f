"""What the causes are read from: a job's stream, and what a launch in it waits for. Pure."""

from collections.abc import Iterable
from typing import TypeVar

from msgspec import Struct

from shared.domain import events as e
from shared.domain.history import JobHistory
from shared.domain.job.state import Job
from shared.domain.runner.state import Runner

F = TypeVar("F", bound=e.Fact)


class JobStream(Struct, frozen=True, kw_only=True):
    """A job's history with the events that it is the fold of."""

    history: JobHistory
    recorded: tuple[e.Recorded, ...]


class Waiting(Struct, frozen=True, kw_only=True):
    """A job that waits, the runner that it waits for, and the last facts about that runner."""

    job_id: int
    job: Job
    runner: Runner | None
    failed: e.LaunchFailed | None
    awaited: e.SlotAwaited | None


def waiting(job: JobStream, home: JobStream) -> Waiting:
    """Return what a waiting job waits for. `home` is the stream with the runner, often its own."""
    state = job.history.state
    runner = home.history.state.runner(state.job.paired)
    return Waiting(
        job_id=state.job_id,
        job=state.job,
        runner=runner,
        failed=_last_of(home.recorded, e.LaunchFailed, runner),
        awaited=_last_of(home.recorded, e.SlotAwaited, runner),
    )


def last_fact(recorded: Iterable[e.Recorded], kind: type[F]) -> F | None:
    """Return the last fact of a type, or None."""
    facts = [one.event.fact for one in recorded]
    return next((fact for fact in reversed(facts) if isinstance(fact, kind)), None)


def _last_of(recorded: Iterable[e.Recorded], kind: type[F], runner: Runner | None) -> F | None:
    if runner is None:
        return None
    mine = [one for one in recorded if getattr(one.event.fact, "runner_id", None) == runner.id]
    return last_fact(mine, kind)
