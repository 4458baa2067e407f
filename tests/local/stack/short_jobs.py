"""Many jobs of half a second: `python -m tests.local.stack.short_jobs 40 5` runs five times 40."""

import sys
import tempfile
import time
from pathlib import Path

from shared.domain import events as e
from shared.domain.names import job_stream
from tests.local.stack.support import Up, started, until


def short_jobs(up: Up, count: int) -> int:
    """Queue so many at once; every runner serves, no job gets a second one. How many tasks it took.

    A job may run on another job's runner before its own is launched: then that launch is cancelled.
    """
    before = _tasks(up)
    jobs = [up.queue("sleep 0.5", ("self-hosted", "short")) for _ in range(count)]
    assert [up.ends(job_id) for job_id in jobs] == [f"local-{job_id}-1" for job_id in jobs]
    until(lambda: up.log.slots().held == 0, "every slot was given back")
    outcomes = _outcomes(up, jobs)
    assert outcomes == ["served"] * len(outcomes), outcomes
    assert _tasks(up) - before == len(outcomes) <= count
    assert [len(up.rows(job_id)) for job_id in jobs] == [1] * count
    assert up.log.slots().circuit.broken == 0
    return len(outcomes)


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


def _outcomes(up: Up, jobs: list[int]) -> list[str]:
    facts = [one.event.fact for job_id in jobs for one in up.log.read(job_stream(job_id))]
    return [fact.outcome for fact in facts if isinstance(fact, e.SlotFreed)]


def main() -> None:
    """Run the jobs on a stack of their own."""
    count, times = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory() as directory, started(Path(directory)) as up:
        for number in range(1, times + 1):
            began = time.monotonic()
            tasks = short_jobs(up, count)
            took = time.monotonic() - began
            print(f"{number}: {count} jobs, {tasks} tasks, all served, {took:.0f} s")


if __name__ == "__main__":
    main()
