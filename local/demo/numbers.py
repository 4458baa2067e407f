"""What a run cost, measured: jobs, tasks, seconds, calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from local.functions import NAMES
from local.stack import Stack
from shared.domain.events import JobQueued, Recorded, RunnerLaunched


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """`waits` are the seconds from a job's arrival in the log to its task, one a launched job.

    Calls are those of the functions alone, not what polls queues or plays AWS's own part.
    """

    jobs: int
    tasks: int
    waits: Sequence[float]
    aws_calls: dict[str, int]
    github_calls: int


def measure(stack: Stack, jobs: int) -> Numbers:
    """The numbers of a stack that has come to rest."""
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
    """The nearest-rank percentile of sorted values, of which there must be one."""
    return values[max(0, ceil(percent / 100 * len(values)) - 1)]


def _wait(stream: Iterable[Recorded]) -> float | None:
    at = {type(one.event.fact): one.event.recorded_at for one in reversed(list(stream))}
    queued, launched = at.get(JobQueued), at.get(RunnerLaunched)
    return (launched - queued).total_seconds() if queued and launched else None
