"""The jobs of the demo and the expected outcome of each."""

from dataclasses import dataclass
from enum import StrEnum

from local.github.actions import Actions
from local.github.model import Job


class Outcome(StrEnum):
    """How a job of the demo should end."""

    RUN = "runs"
    REFUSED = "is refused"
    CANCELLED = "is cancelled"


@dataclass(frozen=True)
class Wanted:
    """A job to queue."""

    name: str
    labels: tuple[str, ...]
    outcome: Outcome
    run: str = "sleep 2"


@dataclass(frozen=True)
class Queued:
    """A job at GitHub and its expected outcome."""

    wanted: Wanted
    job: Job


SCENARIO = (
    *(Wanted(f"build-{n}", ("self-hosted", "linux"), Outcome.RUN) for n in range(1, 5)),
    *(Wanted(f"package-{n}", ("self-hosted", "class:large"), Outcome.RUN) for n in range(1, 3)),
    Wanted("lint", ("self-hosted", "image:debian:12"), Outcome.RUN),
    Wanted("train", ("self-hosted", "class:xl"), Outcome.REFUSED),
    Wanted("obsolete", ("self-hosted", "linux"), Outcome.CANCELLED),
)


def queue(actions: Actions, repository: str, times: int = 1) -> list[Queued]:
    """Queue all jobs `times` times at once, and cancel those whose outcome is CANCELLED."""
    jobs = [
        Queued(one, actions.queue(repository, one.labels, run=one.run, name=one.name))
        for one in SCENARIO * times
    ]
    for one in jobs:
        if one.wanted.outcome is Outcome.CANCELLED:
            actions.cancel(repository, one.job.run_id)
    return jobs
