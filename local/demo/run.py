"""Runs the demo and prints its output: jobs, progress, runners, a timeline, figures, the result."""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import click

from local.demo.command import show
from local.demo.numbers import Numbers, measure, percentile
from local.demo.scenario import Outcome, Queued, queue
from local.demo.text import beside, say, together
from local.demo.verdict import LIVE, complaints, drifting, is_over
from local.stack import Stack
from local.storm import Storm
from shared.domain.events import TaskStopped
from shared.domain.names import home_job
from shared.domain.stream import StreamId

SECONDS = 50
"""Time limit for all jobs in seconds; after it the demo fails."""
SECONDS_IN_STORM = 150
_LOOK_SECONDS = 0.5
_STATUSES = (*LIVE, "OFFLINE", "FAILED")


def run(stack: Stack) -> bool:
    """Queue the jobs and print their progress; return whether all ended as expected."""
    jobs = queue(stack.github.actions, stack.options.repository)
    _introduce(jobs)
    wrong = _watch(stack, jobs, SECONDS)
    return _tell(stack, jobs, wrong, [_telling(stack, jobs)])


def run_in_storm(stack: Stack, seed: int | None) -> bool:
    """Run the demo with twice as many jobs and injected faults, and print the number of faults."""
    with Storm(stack, seed) as storm:
        jobs = queue(stack.github.actions, stack.options.repository, times=2)
        _introduce(jobs)
        wrong = _watch(stack, jobs, SECONDS_IN_STORM, storm.interrupted)
    well = _tell(stack, jobs, wrong, _eventful(stack, jobs))
    faults = _counts(dict(sorted(storm.faults.items())))
    say(f"The storm: {faults or 'no faults'}.")
    return well


def _tell(stack: Stack, jobs: Sequence[Queued], wrong: list[str], telling: Sequence[int]) -> bool:
    """Print runners, timelines, figures and the result; return whether it is good."""
    wrong = wrong or drifting(stack.scan.streams(), stack.log, stack.table)
    environment = stack.cli_environment
    show(environment, "runners", "list")
    for job_id in telling:
        show(environment, "runners", "history", str(job_id))
    _show(measure(stack, len(jobs)))
    for one in wrong:
        say(f"Failed: {one}", colour="red")
    if not wrong:
        click.secho("All jobs ended as they should.", fg="green")
        say(
            "No task was started twice, none is left, nor is a registration or a dead letter; "
            "the runners table agrees with the log."
        )
    return not wrong


def _introduce(jobs: Sequence[Queued]) -> None:
    click.echo(f"\nGitHub queues a burst of {len(jobs)} jobs:")
    for one in jobs:
        labels = ", ".join(one.wanted.labels)
        click.echo(f"  {one.job.id}  {one.wanted.name:<10} {labels:<29} {one.wanted.outcome}")
    click.echo()


def _watch(
    stack: Stack, jobs: Sequence[Queued], seconds: float, lost: Collection[str] = ()
) -> list[str]:
    """Print a line at each change until all jobs are done or the time is up.

    Return the remaining complaints.
    """
    began, last = time.monotonic(), ("", "")
    while True:
        over = is_over(stack, jobs, lost)
        line, passed = _line(stack, jobs), time.monotonic() - began
        if line != last:
            click.echo(beside(f"  {passed:5.1f} s  {line[0]}", line[1], indent=11))
            last = line
        if over or passed > seconds:
            return [] if over else complaints(stack, jobs, lost)
        time.sleep(_LOOK_SECONDS)


def _line(stack: Stack, jobs: Sequence[Queued]) -> tuple[str, str]:
    at_github = Counter(one.job.status.replace("_", " ") for one in jobs)
    found = Counter(row.status for row in stack.table.all())
    runners = {status: found[status] for status in _STATUSES}
    return f"jobs: {_counts(at_github)}", f"runners: {_counts(runners) or 'none'}"


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(together(f"{count} {name}") for name, count in counted.items() if count)


def _eventful(stack: Stack, jobs: Sequence[Queued]) -> list[int]:
    """Return the two jobs with the most events."""
    lengths = {one.job.id: len(stack.log.read(StreamId.of_job(one.job.id))) for one in jobs}
    return sorted(lengths, key=lambda job_id: -lengths[job_id])[:2]


def _telling(stack: Stack, jobs: Sequence[Queued]) -> int:
    """Return a job that ran on another job's runner while another job ran on its runner."""
    ran = [one.job for one in jobs if one.wanted.outcome is Outcome.RUN]
    swapped = [job for job in ran if job.runner_name and home_job(job.runner_name) != job.id]
    streams = {job.id: stack.log.read(StreamId.of_job(job.id)) for job in swapped}
    whole = [
        job
        for job in swapped
        if any(isinstance(one.event.fact, TaskStopped) for one in streams[job.id])
    ]
    return [*whole, *swapped, *ran][0].id


def _show(numbers: Numbers) -> None:
    calls = ", ".join(f"{name} {count}" for name, count in numbers.aws_calls.items())
    waits = "nothing was launched"
    if numbers.waits:
        middle, late = percentile(numbers.waits, 50), percentile(numbers.waits, 95)
        waits = f"p50 {middle:.2f} s, p95 {late:.2f} s, cold starts included"
    rows = {
        "jobs": numbers.jobs,
        "tasks started": numbers.tasks,
        "queued to launched": waits,
        "AWS calls a job": f"{sum(numbers.aws_calls.values()) / numbers.jobs:.1f} ({calls})",
        "GitHub calls a job": f"{numbers.github_calls / numbers.jobs:.1f}",
    }
    click.echo()
    for name, value in rows.items():
        say(f"{name:<20}{value}", indent=20)
    click.echo()
