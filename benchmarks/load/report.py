"""Formats the options and figures of a run as text."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from benchmarks.load.figures import Figures
from benchmarks.load.options import Options, Range

_FUNCTIONS = ("ingest", "outbox", "scheduler", "reconciler", "janitor")


def parameters(options: Options) -> Iterator[str]:
    """Yield the options of the run."""
    load = (
        f"{options.burst} jobs at once"
        if options.burst
        else f"{options.rate:g} jobs/s for {options.duration:g} s ({options.jobs} jobs)"
    )
    limit = options.github_per_minute
    yield f"load        {load}, each of {options.job_seconds:g} s; seed {options.seed}"
    yield f"webhooks    {options.webhooks:g}/s"
    for name, one in options.consumers.items():
        yield f"{name:<12}batches of {one.batch}, {one.concurrency} at once"
    if options.pollers:
        first, more = options.pollers
        yield f"pollers     {first} a queue at first, {more:g} more a minute"
    yield f"RunTask     {options.run_task[0]:g}/s, burst {options.run_task[1]:g}"
    each = f"{options.credentials} credentials, each of " if options.credentials > 1 else ""
    yield f"GitHub      {f'{each}{limit} just-in-time configs a minute' if limit else 'no limit'}"
    images = "built by the fleet" if options.images else "given"
    yield f"fleet       max_runners {options.max_runners}, images {images}"
    if options.settings:
        yield f"settings    {', '.join(f'{n}={v}' for n, v in options.settings.items())}"
    delays = (
        f"{one.name} {_range(getattr(options.delays, one.name))}" for one in fields(options.delays)
    )
    yield f"delays, s   {', '.join(delays)}"


def results(found: Figures) -> Iterator[str]:
    """Yield the figures of the run."""
    yield (
        f"webhook to RunTask accepted, s   p50 {found['p50']:.2f}  p95 {found['p95']:.2f}  "
        f"p99 {found['p99']:.2f}  max {found['max']:.2f}"
    )
    for name, took in found["phases"].items():
        yield f"  {name:<31}p50 {took['p50']:.2f}  p99 {took['p99']:.2f}"
    yield (
        f"last RunTask                     {found['last']:.1f} s after the load began; its rate "
        f"allows {found['last_allowed']:.1f} s (x {found['last_ratio']:.2f})"
    )
    yield f"jobs without a task, not ended   {found['unlaunched']}, {found['not_ended']}"
    extra, second = found["extra_tasks"], found["second_tasks"]
    yield f"extra tasks                      {extra}; second ones of a job: {second}"
    yield f"refused transactions a job       {found['refused']:.3f}{_listed(found['refused_by'])}"
    yield f"throttled RunTasks               {found['run_task_throttled']}"
    yield f"DynamoDB write units a job       {found['writes']:.1f}"
    yield f"  most in a second               {_counts(found['hottest_by'])}"
    yield (
        f"GitHub calls a job               {found['github_calls']:.2f}; "
        f"{found['github_refused']:.2%} refused"
    )
    for name, one in found["github_by"].items():
        yield f"  {name:<31}{_counts(one)}"
    yield f"dead letters                     {found['dead_letters']}"
    yield f"webhooks refused                 {found['webhooks_refused']}"
    yield f"circuit opened                   {found['circuit_opened']}{_listed(found['circuit'])}"
    yield f"NoProgressError                  {found['no_progress']}"
    yield f"errors                           {found['errors'] or 'none'}"
    yield f"longest backlog                  {_counts(found['backlog'])}"
    yield f"invocations a job                {found['invocations']:.2f}"
    for name, one in found["functions"].items():
        yield (
            f"  {name:<31}{one['invocations']:.2f}; {one['cold']} cold starts, "
            f"{one['most']} at once; the longest took {one['longest']:.1f} s"
        )
    yield f"AWS calls a job                  {found['aws_calls']:.1f}"
    yield f"  {'':<40}{''.join(f'{name:>12}' for name in _FUNCTIONS)}"
    for operation, by in found["aws_calls_by"].items():
        cells = (f"{by[name]:12.3f}" if name in by else f"{'':12}" for name in _FUNCTIONS)
        yield f"  {operation:<40}{''.join(cells)}".rstrip()


def _range(bounds: Range) -> str:
    first, last = bounds
    return f"{first:g}" if first == last else f"{first:g}-{last:g}"


def _listed(figures: Mapping[str, Any]) -> str:
    text = ", ".join(f"{name} {_short(value)}" for name, value in figures.items())
    return f" ({text})" if text else ""


def _counts(figures: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in figures.items())


def _short(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
