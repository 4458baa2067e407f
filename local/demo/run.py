"""The demo as a person sees it: the burst, its progress, the runners, one timeline, the numbers."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import click

from local.demo.numbers import Numbers, measure, percentile
from local.demo.scenario import Outcome, Queued, queue
from local.demo.verdict import LIVE, complaints, drifting
from local.stack import Stack
from shared.domain.names import home_job

SECONDS = 50
"""How long the jobs have until the demo has failed."""
_LOOK_SECONDS = 0.25
_STATUSES = (*LIVE, "OFFLINE", "FAILED")


def run(stack: Stack) -> bool:
    """Queue the burst, show what becomes of it; whether all ended as it should."""
    jobs = queue(stack.github.actions, stack.options.repository)
    _introduce(jobs)
    wrong = _watch(stack, jobs) or drifting(stack.log, stack.table)
    environment = stack.cli_environment
    _ecsrunner(environment, "runners", "list")
    _ecsrunner(environment, "runners", "history", str(_telling(jobs)))
    _show(measure(stack, len(jobs)))
    for one in wrong:
        click.secho(f"not as it should be: {one}", fg="red")
    if not wrong:
        click.secho("All jobs ended as they should.", fg="green")
        click.echo(
            "No task was started twice, none is left, nor is a registration or a dead letter; "
            "the runners table agrees with the log."
        )
    return not wrong


def _introduce(jobs: Sequence[Queued]) -> None:
    click.echo(f"\nGitHub queues a burst of {len(jobs)} jobs:")
    for one in jobs:
        labels = ", ".join(one.wanted.labels)
        click.echo(f"  {one.job.id}  {one.wanted.name:<10} {labels:<26} {one.wanted.outcome}")
    click.echo()


def _watch(stack: Stack, jobs: Sequence[Queued]) -> list[str]:
    """Print a line at each change until all is done or time is up; what is wrong then."""
    began, last = time.monotonic(), ""
    while True:
        wrong = complaints(stack, jobs)
        line, passed = _line(stack, jobs), time.monotonic() - began
        if line != last:
            click.echo(f"  {passed:5.1f} s  {line}")
            last = line
        if not wrong or passed > SECONDS:
            return wrong
        time.sleep(_LOOK_SECONDS)


def _line(stack: Stack, jobs: Sequence[Queued]) -> str:
    at_github = Counter(one.job.status.replace("_", " ") for one in jobs)
    runners = {status: len(list(stack.table.by_status(status))) for status in _STATUSES}
    return f"jobs: {_counts(at_github):<44}  runners: {_counts(runners) or 'none'}"


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counted.items() if count)


def _telling(jobs: Sequence[Queued]) -> int:
    """The job whose timeline tells most: one that ran on another job's runner, if there is one."""
    ran = [one.job for one in jobs if one.wanted.outcome is Outcome.RUN]
    swapped = [job for job in ran if job.runner_name and home_job(job.runner_name) != job.id]
    return [*swapped, *ran][0].id


def _ecsrunner(environment: Mapping[str, str], *arguments: str) -> None:
    """Run the command line as a user would, on this stack."""
    click.secho(f"\n$ ecsrunner {' '.join(arguments)}", bold=True)
    command = [sys.executable, "-m", "cli", *arguments]
    ended = subprocess.run(command, env={**os.environ, **environment}, check=False)  # noqa: S603
    if ended.returncode:
        raise click.ClickException(f"ecsrunner {' '.join(arguments)} failed: {ended.returncode}")


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
        click.echo(f"{name:<20}{value}")
    click.echo()
