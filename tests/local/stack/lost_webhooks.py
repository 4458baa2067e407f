"""A stack with an outage, during which jobs are queued, cancelled and completed.

`python -m tests.local.stack.lost_webhooks OUTAGE JOBS SECONDS DIRECTORY` prints as JSON what became
of the jobs. OUTAGE is one of `OUTAGES`. It runs as a process of its own, because moto allows only
one stack in a process.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Event

from local.background import Background
from local.github.answers import refused
from local.github.deliveries import at_once
from local.github.model import Job
from local.stack import Options, Stack
from shared.domain.stream import StreamId
from shared.engine.transact import load
from tests.local.stack.support import until

PATIENCE = 120.0
"""Seconds until everything is right: the grace for webhooks, some runs of the Janitor, the runners'
start and their end."""
CANCELLED = 4
"""Every fourth job is cancelled: GitHub withholds it from its idle runner until then."""
CANCELLED_AFTER = 35.0
"""Seconds, in which the job is found at GitHub, and its runner starts."""


def _queue(stack: Stack, number: int) -> Job:
    label = "never" if number % CANCELLED == 0 else "lost"
    return stack.github.actions.queue(
        stack.options.repository, ("self-hosted", label), run="sleep 0.5", name=f"job {number}"
    )


def _is_right(stack: Stack, job: Job) -> bool:
    """Whether the log has the job's end, as GitHub has it, and its rows have theirs."""
    rows = [row for row in stack.table.all() if row.job_id == job.id]
    state = load(stack.log, StreamId.of_job(job.id)).state
    ended = job.conclusion is not None and state.job.conclusion == job.conclusion
    return ended and not any(row.deadline for row in rows)


def _cancel(stack: Stack, cancels: list[tuple[float, Job]], ends: float) -> None:
    """Wait until then, and cancel the jobs that are due meanwhile."""
    while (now := time.monotonic()) < ends:
        for due, job in [one for one in cancels if one[0] <= now]:
            cancels.remove((due, job))
            stack.github.actions.cancel(job.repository, job.run_id)
        time.sleep(0.2)


@contextmanager
def _webhooks_lost(stack: Stack) -> Iterator[None]:
    """GitHub sends no webhook."""
    assert stack.github.hook is not None
    stack.github.hook.plan = lambda _delivery: ()
    yield
    stack.github.hook.plan = at_once


@contextmanager
def _ingest_killed(stack: Stack) -> Iterator[None]:
    """Each process of ingest is killed while it starts."""

    def kill(stopping: Event) -> None:
        while not stopping.wait(0.05):
            for pid in stack.host.environments("ingest"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    killer = Background("killer", kill)
    killer.start()
    yield
    killer.stop()


@contextmanager
def _github_refuses(stack: Stack) -> Iterator[None]:
    """GitHub's REST API refuses every request."""
    before = stack.github.faults
    stack.github.faults = lambda _request: refused(503, "Service unavailable")
    yield
    stack.github.faults = before


OUTAGES: dict[str, Callable[[Stack], AbstractContextManager[None]]] = {
    "webhooks": _webhooks_lost,
    "ingest": _ingest_killed,
    "github": _github_refuses,
}


def main(outage: str, jobs: str, seconds: str, directory: str) -> None:
    """Have the outage for so many seconds, in the first half of which the jobs are queued."""
    with Stack(Path(directory), Options(prefix="lost", seed=1)) as stack:
        hook = stack.github.hook
        assert hook is not None
        first = _queue(stack, 1)  # the fleet has worked in this repository
        until(partial(_is_right, stack, first), "the first job ran", PATIENCE)
        stack.github.actions.withholds = lambda job: "never" in job.labels
        with OUTAGES[outage](stack):
            ends, all_jobs = time.monotonic() + float(seconds), [first]
            cancels: list[tuple[float, Job]] = []
            for number in range(int(jobs)):
                all_jobs.append(job := _queue(stack, number))
                if "never" in job.labels:
                    cancels.append((time.monotonic() + CANCELLED_AFTER, job))
                _cancel(stack, cancels, time.monotonic() + float(seconds) / 2 / int(jobs))
            _cancel(stack, cancels, ends)
            assert not cancels, "webhooks are lost for too short a time"
        on_again = time.monotonic()
        for job in all_jobs:
            until(partial(_is_right, stack, job), f"job {job.id} is right", PATIENCE)
        until(lambda: not any(row.deadline for row in stack.table.all()), "all is over", PATIENCE)
        tasks = Counter(task["startedBy"] for task in stack.fargate.tasks())
        told = {
            "jobs": len(all_jobs),
            "conclusions": Counter(job.conclusion for job in all_jobs),
            "lost": sum(not one.succeeded for one in hook.deliveries()),
            "tasks": len(stack.fargate.tasks()),
            "twice": [name for name, count in tasks.items() if count > 1],
            "statuses": Counter(row.status for row in stack.table.all()),
            "registered": [one.name for one in stack.github.actions.registered()],
            "dead_letters": stack.dead_letters(),
            "seconds": round(time.monotonic() - on_again),
        }
    print(json.dumps(told))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
