"""`ecsrunner runners details`: every field of the rows of runners."""

from collections.abc import Iterable

import click
from msgspec import Struct

from cli.commands.options import Target, fleet_of, json_option
from cli.commands.several import Several, targets_argument
from cli.commands.webhooks import why_unknown
from cli.documents.runners import JobRunners
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.reach import runners_of
from cli.render import as_json as json
from cli.render import console, rows
from shared.domain.history import read_job
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId


class _Found(Struct, frozen=True, kw_only=True):
    """A runner and its row, or a job and the rows of its runners."""

    target: Target
    rows: tuple[RunnerRow, ...]


@click.command()
@targets_argument
@json_option
@click.pass_context
def details(ctx: click.Context, *, targets: tuple[Target, ...], as_json: bool) -> None:
    """Show every field of a runner's row, or of each runner of a job.

    RUNNER_OR_JOB is a runner's id, a job's id or a job's URL; of several each is shown in turn. A
    job's runners are those that were launched for it and the one that it runs on or waits for.
    Needs RUNNER_TABLE and, for a job, EVENTS_TABLE.

    With --json a runner is its row, a job an object with its rows in "runners", and several are a
    list. Exit code 1 if one of them is not there.
    """
    fleet = fleet_of(ctx)
    several = Several(targets)
    any_job = any(one.runner_id is None for one in several.targets)
    fleet.require(*([EVENTS_TABLE] if any_job else []), RUNNER_TABLE)
    found = several.each(lambda one: _found(fleet, one))
    if as_json:
        json.answers(map(_document, found), one=several.is_one)
    else:
        _show(fleet, found)
    several.judge()


def _found(fleet: Fleet, target: Target) -> _Found:
    ids = [target.runner_id] if target.runner_id else _runners_of(fleet, target.job_id)
    return _Found(target=target, rows=tuple(_row(fleet, one) for one in ids))


def _document(found: _Found) -> RunnerRow | JobRunners:
    if found.target.runner_id:
        return found.rows[0]
    return JobRunners(job_id=found.target.job_id, runners=found.rows)


def _show(fleet: Fleet, found: Iterable[_Found]) -> None:
    for number, one in enumerate(found):
        if number:
            console.say("")
        if one.target.runner_id is None:
            console.say(_counted(one))
        for row in one.rows:
            if one.target.runner_id is None:
                console.say("")
            console.show(rows.detailed(row, fleet.clock.now(), console.width()))


def _row(fleet: Fleet, runner_id: str) -> RunnerRow:
    row = fleet.table.get(runner_id)
    if row is None:
        raise AnswerIsNo(
            f"There is no runner {runner_id}; `ecsrunner runners list` shows those that there are."
        )
    return row


def _runners_of(fleet: Fleet, job_id: int) -> list[str]:
    stream = StreamId.of_job(job_id)
    recorded = fleet.log.read(stream)
    if not recorded:
        raise AnswerIsNo(why_unknown(fleet, job_id))
    found = runners_of(read_job(stream, recorded).state)
    if not found:
        raise AnswerIsNo(
            f"Job {job_id} never had a runner of this fleet; `ecsrunner runners history {job_id}` "
            "shows why."
        )
    return found


def _counted(found: _Found) -> str:
    ids = ", ".join(row.runner_id for row in found.rows)
    runners = "runner" if len(found.rows) == 1 else "runners"
    return f"Job {found.target.job_id} has {len(found.rows)} {runners}: {ids}."
