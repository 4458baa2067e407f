"""Measures a run of the demo: jobs, tasks, waiting times, API calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from local.functions import NAMES
from local.stack import Stack
from shared.domain.events import JobQueued, Recorded, RunnerLaunched


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The figures of a run. `waits` has, for each launched job, the seconds from event to task.

    Only the calls of the functions count, not those of the emulated services, such as polling.
    """

    jobs: int
    tasks: int
    waits: Sequence[float]
    aws_calls: dict[str, int]
    github_calls: int


def measure(stack: Stack, jobs: int) -> Numbers:
    """Return the figures of a stack on which all jobs have ended."""
    calls = {name: stack.aws.calls.snapshot(name).total() for name in NAMES}
    return Numbers(
        jobs=jobs,
        tasks=len(stack.fargate.tasks()),
        waits=sorted(
            filter(None, (_wait(stack.log.read(stream)) for stream in stack.log.streams()))
        ),
        aws_calls=calls,
        github_calls=stack.github.calls.total(),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of sorted values; there must be at least one."""
    return values[max(0, ceil(percent / 100 * len(values)) - 1)]


def _wait(stream: Iterable[Recorded]) -> float | None:
    at = {type(one.event.fact): one.event.recorded_at for one in reversed(list(stream))}
    queued, launched = at.get(JobQueued), at.get(RunnerLaunched)
    return (launched - queued).total_seconds() if queued and launched else None
