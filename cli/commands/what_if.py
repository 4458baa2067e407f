"""`ecsrunner replay what-if`: recorded jobs again, under another policy."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
from msgspec.structs import asdict

from cli.commands.filters import selected, selection_options
from cli.commands.options import fleet_of, json_option
from cli.commands.page_file import html_option, write_page
from cli.commands.pricing import NAMES, basis, pricing_options
from cli.documents.replay import WhatIfDocument
from cli.errors import AnswerIsNo, NotConfigured
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.page.what_if import page
from cli.render.what_if import drawn
from cli.replay.again import ProcessEnded, running_again
from cli.streams.files import read_exports
from cli.streams.period import rows_of_period, streams_of
from cli.streams.stored import StoredStream
from cli.whatif.changes import BadChangesError, apply, read_changes
from cli.whatif.comparison import Comparison, Difference
from cli.whatif.prices import apply_prices
from cli.whatif.recording import Recording
from cli.whatif.report import Report, Situation, report
from cli.whatif.run import AFTER, Run, without_collections


class _Output(NamedTuple):
    """Where the answer is printed or written, and when."""

    as_json: bool
    html: Path | None
    now: datetime


@click.command("what-if")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A YAML or JSON file with what would be different.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="One setting of the policy, such as max_runners=50 or limits.idle=60. Repeatable.",
)
@html_option("the answer")
@selection_options
@pricing_options
@json_option
@click.pass_context
def what_if(
    ctx: click.Context,
    /,
    *,
    files: tuple[Path, ...],
    policy_file: Path | None,
    settings: tuple[str, ...],
    html: Path | None,
    as_json: bool,
    since: datetime,
    until: datetime,
    **filters: Any,
) -> None:
    """Show what waits, failures and costs would have been under another policy.

    Runs the jobs of FILES (of `ecsrunner log export`, or folders of DynamoDB's exports to S3), or
    else those of the period, again in virtual time. Nothing is written and no system is called.
    What happens outside the control plane is taken from the recording, or assumed: the answer
    states how. Without FILES it needs EVENTS_TABLE and RUNNER_TABLE.

    Costs are estimated as by `ecsrunner stats --cost`. In the policy file, `prices` changes them:
    vcpu_hour, gb_hour, storage_gb_hour, address_hour, spot_ratio, github_minute, architecture and
    storage_gb.
    """
    output = _Output(as_json=as_json, html=html, now=fleet_of(ctx).clock.now())
    prices = basis(**{name: filters.pop(name) for name in NAMES})
    try:
        changes = read_changes(policy_file, settings)
        with Recording() as recording:
            recording.read(_streams(ctx, files, since, until, filters))
            if not recording.jobs:
                raise AnswerIsNo("There are no jobs in it.")
            was = Situation(policy=recording.policy, basis=prices)
            what_if = Situation(
                policy=apply(recording.policy, changes),
                basis=apply_prices(prices, changes.prices, recording.regions),
            )
            _compare(recording, was, what_if, output)
    except BadChangesError as error:
        raise click.UsageError(str(error)) from error
    except ProcessEnded as error:
        raise NotConfigured(str(error)) from error


def _streams(
    ctx: click.Context,
    files: tuple[Path, ...],
    since: datetime,
    until: datetime,
    filters: dict[str, Any],
) -> Iterable[StoredStream]:
    if files:
        return (one.stored for one in read_exports(files))
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    selection = selected(ctx, since, until, **filters)
    rows = rows_of_period(fleet.table, selection.since, selection.until, selection.accepts)
    return streams_of(fleet.log, rows)


def _compare(recording: Recording, was: Situation, changed: Situation, output: _Output) -> None:
    """Run the recording under its own policy and under the changed one, and print both."""
    progress.say(f"{recording.jobs} jobs under the recorded policy again")
    with running_again(recording, was) as replayed, without_collections():
        comparison, jobs = _run(recording, was, changed)

        def result() -> Report:
            return report(recording, was, changed, replayed(), comparison)

        _print(jobs, result, recording.jobs, output)


def _run(
    recording: Recording, was: Situation, changed: Situation
) -> tuple[Comparison, Iterable[Difference]]:
    """Return the comparison with the changed policy, and its jobs, which are run one by one."""
    _, ends_at = recording.period()
    comparison = Comparison(ends_at, was.basis, changed.basis)
    run = Run(changed.policy, recording.durations, recording.region)
    results = run.results(recording.demands(), ends_at + AFTER)
    return comparison, comparison.differences(results)


def _print(
    jobs: Iterable[Difference], result: Callable[[], Report], number: int, output: _Output
) -> None:
    """Print the answer, once all jobs have run."""
    if output.as_json:
        json.listing("jobs", jobs, lambda: WhatIfDocument(**asdict(result())))
    else:
        for count, _ in enumerate(jobs, start=1):
            progress.say(f"the other policy: {count} of {number} jobs")
    if output.html is not None:
        write_page(output.html, page(result(), output.now), "The answer")
    elif not output.as_json:
        console.show(drawn(result(), console.width()))
