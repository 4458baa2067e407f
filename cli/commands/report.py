"""`ecsrunner report`: the statistics of a period by hour and day, with costs, also as a page."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli.analysis.report import Report
from cli.analysis.report import report as report_on
from cli.commands.filters import selected, selection_options
from cli.commands.options import fleet_of, json_option
from cli.commands.page_file import html_option, write_page
from cli.commands.pricing import NAMES, basis, pricing_options
from cli.commands.reading import name_unreadable, read
from cli.documents.statistics import of_report
from cli.render import as_json as json
from cli.render import console
from cli.render import report as lines
from cli.render.page.report import page
from cli.render.statistics import EMPTY


@click.command(context_settings={"default_map": {"since": "7d"}})
@selection_options
@html_option("the report")
@pricing_options
@json_option
@click.pass_context
def report(
    ctx: click.Context,
    /,
    *,
    since: datetime,
    until: datetime,
    html: Path | None,
    as_json: bool,
    **others: Any,
) -> None:
    """Report on a period: queue times, failures, use and cost of tasks, by hour and by day.

    What counts in the period is as for `ecsrunner stats`. The page loads nothing, so it can be sent
    and kept. Streams that can't be read are left out, and named. Needs RUNNER_TABLE and
    EVENTS_TABLE.
    """
    prices = {name: others.pop(name) for name in NAMES}
    found = read(ctx, selected(ctx, since, until, **others))
    result = report_on(found, basis(**prices))
    if html is not None:
        write_page(html, page(result, fleet_of(ctx).clock.now()), "The report")
    if as_json:
        json.document(of_report(result))
        return
    if html is None:
        _show(result)
    name_unreadable(found)


def _show(result: Report) -> None:
    if result.statistics.is_empty:
        console.note(EMPTY)
    else:
        console.show(lines.lines(result, console.width()))
