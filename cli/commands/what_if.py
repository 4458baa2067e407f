"""`ecsrunner replay what-if`: recorded jobs again, under another policy."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli.commands.filters import selected, selection_options
from cli.commands.options import fleet_of, json_option
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.what_if import drawn
from cli.streams.files import read_exports
from cli.streams.period import rows_of_period, streams_of
from cli.streams.stored import StoredStream
from cli.whatif.changes import BadChangesError, apply, read_changes
from cli.whatif.comparison import Comparison, Difference
from cli.whatif.recording import Recording
from cli.whatif.report import Report, report
from cli.whatif.run import AFTER, Run, without_collections
from shared.domain.policy import Policy


@click.command("what-if")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A JSON or TOML file with what would be different.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="One setting of the policy, such as max_runners=50 or limits.idle=60. Repeatable.",
)
@selection_options
@json_option
@click.pass_context
def what_if(
    ctx: click.Context,
    /,
    *,
    files: tuple[Path, ...],
    policy_file: Path | None,
    settings: tuple[str, ...],
    as_json: bool,
    since: datetime,
    until: datetime,
    **filters: Any,
) -> None:
    """Show what waits, runners and refusals would have been under another policy.

    Runs the jobs of FILES (of `ecsrunner log export`, or folders of DynamoDB's exports to S3), or
    else those of the period, again in virtual time. Nothing is written and no system is called.
    What happens outside the control plane is taken from the recording, or assumed: the answer
    states how. Without FILES it needs EVENTS_TABLE and RUNNER_TABLE.
    """
    try:
        changes = read_changes(policy_file, settings)
        with Recording() as recording:
            recording.read(_streams(ctx, files, since, until, filters))
            if recording.ends_at is None:
                raise AnswerIsNo("There are no jobs in it.")
            policy = apply(recording.policy, changes)
            with without_collections():
                _compare(recording, recording.ends_at, policy, as_json=as_json)
    except BadChangesError as error:
        raise click.UsageError(str(error)) from error


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


def _compare(recording: Recording, ends_at: datetime, policy: Policy, *, as_json: bool) -> None:
    """Run the recording under its own policy and under the changed one, and print both."""
    same = Comparison(ends_at)
    for count, _ in enumerate(_run(recording, ends_at, recording.policy, same), start=1):
        progress.say(f"the recorded policy again: {count} of {recording.jobs} jobs")
    changed = Comparison(ends_at)
    jobs = _run(recording, ends_at, policy, changed)

    def result() -> Report:
        return report(recording, policy, same, changed)

    if as_json:
        json.listing("jobs", jobs, lambda: json.fields(result()))
        return
    for count, _ in enumerate(jobs, start=1):
        progress.say(f"the other policy: {count} of {recording.jobs} jobs")
    console.show(drawn(result(), console.width()))


def _run(
    recording: Recording, ends_at: datetime, policy: Policy, comparison: Comparison
) -> Iterable[Difference]:
    run = Run(policy, recording.durations)
    return comparison.differences(run.results(recording.demands(), ends_at + AFTER))
