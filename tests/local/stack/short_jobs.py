"""Many jobs of half a second: `python -m tests.local.stack.short_jobs 40 5` runs five times 40."""

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from shared.domain import events as e
from shared.domain.stream import StreamId
from tests.local.stack.support import Up, started, until


def short_jobs(up: Up, count: int) -> None:
    """Queue so many at once: as many tasks start, and each of them counts as served."""
    before = _tasks(up)
    jobs = [up.queue("sleep 0.5", ("self-hosted", "short")) for _ in range(count)]
    for job_id in jobs:
        until(partial(_has_run, up, job_id), f"job {job_id} ran")
    until(lambda: up.log.slots().held == 0, "every slot was given back")
    facts = [one.event.fact for job_id in jobs for one in up.log.read(StreamId.of_job(job_id))]
    outcomes = {fact.outcome for fact in facts if isinstance(fact, e.SlotFreed)}
    assert outcomes == {"served"}, outcomes
    assert up.log.slots().circuit.broken == 0
    assert _tasks(up) - before == count


def _has_run(up: Up, job_id: int) -> bool:
    facts = (one.event.fact for one in up.log.read(StreamId.of_job(job_id)))
    return any(isinstance(one, e.JobCompleted) and one.conclusion == "success" for one in facts)


def _tasks(up: Up) -> int:
    """How many tasks ECS knows."""
    pages = (
        page
        for status in ("RUNNING", "STOPPED")
        for page in up.ecs.get_paginator("list_tasks").paginate(
            cluster=up.names.cluster, desiredStatus=status
        )
    )
    return sum(len(page["taskArns"]) for page in pages)


def main() -> None:
    """Run the jobs on a stack of their own."""
    count, times = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory() as directory, started(Path(directory)) as up:
        for number in range(1, times + 1):
            began = time.monotonic()
            short_jobs(up, count)
            took = time.monotonic() - began
            print(f"{number}: {count} jobs, {count} tasks, all served, {took:.0f} s")


if __name__ == "__main__":
    main()
