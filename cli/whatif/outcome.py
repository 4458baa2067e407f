"""How one job went, in the recording or in a run: its wait, its tasks and what failed. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from cli.analysis.cost import Task
from cli.analysis.jobs import FAILING, Failure, failures_of, has_public_ip
from shared.domain.events import Event
from shared.domain.projection import RunnerRow
from shared.domain.state import State

OF_CLASS = 'class "'
"""How the reason of a job begins that is refused for its class; then the classes are listed."""


class Outcome(Struct, frozen=True, kw_only=True):
    """How a job went.

    Attributes:
        waited: Seconds from its queueing to its start; None if it never started.
        status: Its phase at the end.
        reason: Why it was refused.
        tasks: Those that were launched for it, each with this job.
    """

    waited: float | None
    status: str
    reason: str
    tasks: tuple[Task, ...]
    failures: tuple[Failure, ...]


def outcome_of(
    state: State, rows: Mapping[str, RunnerRow], events: Iterable[Event], queued_at: datetime
) -> Outcome:
    """Return how a job went, from its stream.

    Args:
        events: Those of the types in `FAILING`; others are ignored.
        queued_at: When GitHub offered the job to runners.
    """
    failing = (one for one in events if isinstance(one.fact, FAILING))
    return Outcome(
        waited=seconds(queued_at, state.job.started_at),
        status=state.job.phase.value,
        reason=state.job.reason or "",
        tasks=tuple(_tasks(state, rows)),
        failures=tuple(failures_of(state, failing)),
    )


def seconds(begin: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds between two times, at least 0; None unless both are known."""
    return max(0.0, (end - begin).total_seconds()) if begin and end else None


def _tasks(state: State, rows: Mapping[str, RunnerRow]) -> Iterator[Task]:
    for runner_id, row in rows.items():
        if row.task_arn is not None:
            yield Task(
                row=row,
                repository=row.repository,
                workflow=row.workflow,
                public_ip=has_public_ip(state, runner_id),
            )
