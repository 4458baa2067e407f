"""A stack whose webhooks never arrive for a while, though jobs are queued, cancelled and completed.

`python -m tests.local.stack.lost_webhooks JOBS SECONDS DIRECTORY` prints as JSON what became of the
jobs. It runs as a process of its own, because moto allows only one stack in a process.
"""

import json
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

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


def main(jobs: str, seconds: str, directory: str) -> None:
    """Lose the webhooks for so many seconds, in the first half of which the jobs are queued."""
    with Stack(Path(directory), Options(prefix="lost", seed=1)) as stack:
        hook = stack.github.hook
        assert hook is not None
        first = _queue(stack, 1)  # the fleet has worked in this repository
        until(partial(_is_right, stack, first), "the first job ran", PATIENCE)
        hook.plan = lambda _delivery: ()
        stack.github.actions.withholds = lambda job: "never" in job.labels
        ends, all_jobs = time.monotonic() + float(seconds), [first]
        cancels: list[tuple[float, Job]] = []
        for number in range(int(jobs)):
            all_jobs.append(job := _queue(stack, number))
            if "never" in job.labels:
                cancels.append((time.monotonic() + CANCELLED_AFTER, job))
            _cancel(stack, cancels, time.monotonic() + float(seconds) / 2 / int(jobs))
        _cancel(stack, cancels, ends)
        assert not cancels, "webhooks are lost for too short a time"
        hook.plan = at_once
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
