"""Computes the figures of a run by name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice, pairwise
from math import ceil, nan
from typing import Any

from benchmarks.load.limits import TokenBucket
from benchmarks.load.world import BEGINS, World
from local.github.limits import MINUTE
from shared.domain.events import JobQueued, LaunchIntended
from shared.domain.stream import StreamId
from tests.simulated.agenda import START
from tests.simulated.names import DEAD_LETTERS, QUEUES

Figures = dict[str, Any]

_ACCEPTED = 202
_PARTITIONS = 8
"""How many partitions are named."""

NUMBERS = (
    "jobs",
    "unlaunched",
    "not_ended",
    "p50",
    "p95",
    "p99",
    "max",
    "last",
    "last_allowed",
    "last_ratio",
    "refused",
    "extra_tasks",
    "second_tasks",
    "dead_letters",
    "no_progress",
    "webhooks_refused",
    "run_task_throttled",
    "writes",
    "hottest",
    "github_calls",
    "github_refused",
    "aws_calls",
    "invocations",
    "circuit_opened",
    "virtual_seconds",
)
"""Figures that can have a limit. The others are tables."""

PHASES = ("webhook to log", "log to scheduler", "scheduler to intent", "intent to task")


def figures(world: World) -> Figures:
    """Return all figures of a completed run.

    A task belongs to the job that it is named after. `extra_tasks` are the tasks in excess of the
    number of jobs; `second_tasks` are those after a job's first. A job that ran on another job's
    runner before its own launch has no task, and the other job has a second one. `writes` are
    write units of DynamoDB a job; `hottest` is their number in a second in the hottest partition.
    """
    waits = _waits(world)
    last, allowed = _last(world), _allowed(world)
    jobs = len(world.jobs)
    partitions = world.partitions.hottest()
    errors = dict(sorted(world.lambdas.errors.items()))
    return {
        "jobs": jobs,
        "unlaunched": jobs - len(waits),
        "p50": percentile(waits, 50),
        "p95": percentile(waits, 95),
        "p99": percentile(waits, 99),
        "max": max(waits, default=nan),
        "last": last,
        "last_allowed": allowed,
        "last_ratio": last / allowed if allowed else nan,
        "phases": _phases(world),
        "refused": world.traffic.refused.total() / jobs,
        "refused_by": _each(world.traffic.refused, jobs),
        "extra_tasks": max(0, world.tasks - jobs),
        "second_tasks": world.tasks - len(waits),
        "dead_letters": _dead(world),
        "no_progress": sum(n for what, n in errors.items() if "NoProgress" in what),
        "errors": errors,
        "webhooks_refused": sum(n for s, n in world.github.answers.items() if s != _ACCEPTED),
        "run_task_throttled": world.traffic.throttled,
        "writes": world.partitions.total() / jobs,
        "hottest": next(iter(partitions.values()), 0),
        "hottest_by": dict(islice(partitions.items(), _PARTITIONS)),
        "github_calls": _total(world, "github.") / jobs,
        "github_refused": world.traffic.github_refused / max(1, _total(world, "github.")),
        "github_by": _by_credential(world),
        "aws_calls": sum(_aws(world).values()) / jobs,
        "aws_calls_by": _table(world, jobs),
        "invocations": sum(one.invocations for one in world.lambdas.counted.values()) / jobs,
        "functions": _functions(world, jobs),
        "backlog": {name: one.longest for name, one in zip(QUEUES, world.mappings, strict=True)},
        "circuit": _metrics(world, "Circuit"),
        "circuit_opened": world.metrics.counts["CircuitOpened"],
        "metrics": _each(world.metrics.counts, jobs),
        "not_ended": sum(one.status != "completed" for one in world.actions.jobs()),
        "virtual_seconds": world.fibers.seconds - BEGINS,
    }


def percentile(values: Sequence[float], part: float) -> float:
    """Return the smallest value that `part` of the values do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, ceil(len(ranked) * part / 100) - 1)] if ranked else nan


def _waits(world: World) -> list[float]:
    """Return the seconds from each job's webhook to its first task."""
    sent = world.github.sent
    return [world.accepted[one] - sent[one] for one in world.jobs if one in world.accepted]


def _last(world: World) -> float:
    return (
        max((world.accepted[one] for one in world.jobs if one in world.accepted), default=nan)
        - BEGINS
    )


def _allowed(world: World) -> float:
    """Return when the last task could have been accepted without any delay of the fleet.

    GitHub and ECS limit the rate. The bound of GitHub's limit is that of an even rate: the quota of
    a minute is available at its beginning, so a load may end up to a minute earlier.
    """
    options = world.options
    bucket = TokenBucket(*options.run_task)
    times = sorted(world.github.sent[one] - BEGINS for one in world.jobs)
    allowed = max((bucket.wait(at) for at in times), default=nan)
    if options.github_per_minute is None:
        return allowed
    per_second = options.github_per_minute * options.credentials / MINUTE
    return max(allowed, len(times) / per_second)


def _by_credential(world: World) -> dict[str, dict[str, float]]:
    """Return the runners that each credential registered, and its refused calls."""
    rest = world.github.rest
    registered = Counter(rest.registered_by.values())
    return {
        name: {"registered": registered[name], "calls": calls, "refused": rest.limits.refused[name]}
        for name, calls in sorted(rest.limits.calls.items())
    }


def _phases(world: World) -> dict[str, dict[str, float]]:
    """Return percentiles of the seconds of each phase between webhook and task."""
    took: dict[str, list[float]] = {name: [] for name in PHASES}
    for job_id in world.jobs:
        times = _times(world, job_id)
        if None not in times:
            for name, (before, after) in zip(PHASES, pairwise(times), strict=True):
                took[name].append((after or 0.0) - (before or 0.0))
    return {
        name: {"p50": percentile(found, 50), "p99": percentile(found, 99)}
        for name, found in took.items()
    }


def _times(world: World, job_id: int) -> list[float | None]:
    recorded: dict[type, float] = {}
    for one in world.log.read(StreamId.of_job(job_id)):
        at = (one.event.recorded_at - START).total_seconds()
        recorded.setdefault(type(one.event.fact), at)
    return [
        world.github.sent[job_id],
        recorded.get(JobQueued),
        world.picked_at(job_id),
        recorded.get(LaunchIntended),
        world.accepted.get(job_id),
    ]


def _dead(world: World) -> int:
    letters = sum(world.sqs.queues[url].size for url in DEAD_LETTERS.values())
    return letters + len(world.eventbridge.failed)


def _each(counts: Mapping[str, int], jobs: int) -> dict[str, float]:
    return {name: count / jobs for name, count in sorted(counts.items())}


def _metrics(world: World, prefix: str) -> dict[str, int]:
    counts = world.metrics.counts
    return {name: count for name, count in sorted(counts.items()) if name.startswith(prefix)}


def _aws(world: World) -> Counter[tuple[str, str]]:
    calls = world.traffic.calls.items()
    return Counter({key: n for key, n in calls if not key[1].startswith("github.")})


def _total(world: World, prefix: str) -> int:
    return sum(n for (_, name), n in world.traffic.calls.items() if name.startswith(prefix))


def _table(world: World, jobs: int) -> dict[str, dict[str, float]]:
    """Return the calls per job by operation and function, including those to GitHub."""
    table: dict[str, dict[str, float]] = {}
    for (function, operation), n in sorted(world.traffic.calls.items()):
        table.setdefault(operation, {})[function] = n / jobs
    return table


def _functions(world: World, jobs: int) -> dict[str, dict[str, float]]:
    return {
        name: {
            "invocations": one.invocations / jobs,
            "cold": one.cold,
            "most": one.most,
            "longest": one.longest,
        }
        for name, one in sorted(world.lambdas.counted.items())
    }
