"""`ecsrunner webhooks`: lists deliveries that were not recorded in the log, and why."""

from collections import deque
from datetime import datetime, timedelta

import click
from rich.text import Text

from cli.commands.filters import period_options_since, selected
from cli.commands.options import Target, TargetType, fleet_of, json_option
from cli.documents.fleet import WebhookList
from cli.errors import AnswerIsNo, foreseen
from cli.fleet.context import INGEST_LOG_GROUP, Fleet
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.layout import table
from cli.render.text import safe, when
from cli.selection import Selection
from shared.ports import Unrecorded

HOURS = 24
"""The longest time that GitHub keeps a job queued, in hours. Source: GitHub Docs, "Usage limits,
billing, and administration", on self-hosted runners."""
_DELIVERIES = "Recent Deliveries of the webhook at GitHub show whether GitHub sent it"


@click.command()
@click.argument("job", required=False, type=TargetType(), metavar="[JOB]")
@period_options_since(f"{HOURS}h")
@click.option(
    "--repository",
    "repositories",
    multiple=True,
    help="Only of jobs of this repository (owner/name). Repeatable: any of them.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="At most so many, the newest.",
)
@json_option
@click.pass_context
def webhooks(
    ctx: click.Context,
    *,
    job: Target | None,
    since: datetime,
    until: datetime,
    repositories: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """Show webhooks that were ignored or refused, and why.

    All of them, or those of JOB, by its id or URL. They are looked for in the log group of ingest,
    where they are kept as long as its logs are. Exit code 1 if there is none of JOB. Needs
    INGEST_LOG_GROUP and the right to logs:FilterLogEvents.
    """
    fleet = fleet_of(ctx)
    selection = selected(ctx, since, until, repositories=repositories)
    fleet.require(INGEST_LOG_GROUP)
    job_id = job.job_id if job else None
    found = _newest(fleet, job_id, selection, limit + 1)
    if as_json:
        shown = found[-limit:]
        json.listing("webhooks", shown, lambda: WebhookList(complete=len(found) <= limit))
    else:
        console.show(map(Text, _lines(found[-limit:])))
        if len(found) > limit:
            console.note(f"Only the newest {limit} are shown; --limit shows more.")
    if not found and job_id is not None:
        raise AnswerIsNo(f"{_none_of(job_id)} since {when(since)} UTC; {_DELIVERIES}.")
    if not found and not as_json:
        console.note(f"No webhook was ignored or refused since {when(since)} UTC.")


def _lines(found: list[Unrecorded]) -> list[str]:
    """Return a table of the deliveries: time, result, job and reason."""
    if not found:
        return []
    rows = [("WHEN (UTC)", "RESULT", "JOB, WHY")]
    rows += [(when(one.at), one.result, f"{_subject(one)}{_why(one)}") for one in found]
    return table([tuple(map(safe, row)) for row in rows], console.width())


def _subject(one: Unrecorded) -> str:
    if one.job_id is None:
        return ""
    names = ", ".join(filter(None, (one.repository, one.job_name)))
    return f"job {one.job_id} ({names}), {one.action}: "


def _why(one: Unrecorded) -> str:
    return f"{one.reason}; its labels: {', '.join(one.labels)}" if one.labels else one.reason


def why_unknown(fleet: Fleet, job_id: int) -> str:
    """Return why a job is not in the log, if ingest's own log shows it."""
    unknown = f"Job {job_id} is not in the log"
    if not fleet.variable(INGEST_LOG_GROUP):
        return (
            f"{unknown}; with INGEST_LOG_GROUP set, `ecsrunner webhooks {job_id}` shows whether "
            "its webhook was ignored."
        )
    try:
        now = fleet.clock.now()
        lately = Selection(since=now - timedelta(hours=HOURS), until=now)
        found = _newest(fleet, job_id, lately, 1)
    except Exception as error:
        if (seen := foreseen(error)) is None:
            raise
        return f"{unknown}, and ingest's log could not be searched: {seen.message}"
    if found:
        (last,) = found
        came = f'its webhook "{last.action}" of {when(last.at)} UTC'
        return f"{unknown}: {came} was {last.result}: {_why(last)}."
    return f"{unknown}. {_none_of(job_id)} within the last {HOURS} hours; {_DELIVERIES}."


def _newest(fleet: Fleet, job_id: int | None, selection: Selection, most: int) -> list[Unrecorded]:
    progress.say("searching the log of ingest")
    found = fleet.intake_log.unrecorded(selection.since, job_id)
    accepted = (one for one in found if selection.accepts_delivery(one.at, one.repository))
    return list(deque(accepted, maxlen=most))


def _none_of(job_id: int) -> str:
    return f"No webhook of job {job_id} was ignored or refused"
