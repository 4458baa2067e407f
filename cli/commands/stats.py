"""`ecsrunner stats`: how long jobs waited, what failed and how well tasks were used."""

from datetime import datetime
from typing import Any

import click
from click.core import ParameterSource

from cli.analysis.report import costs
from cli.analysis.statistics import statistics
from cli.commands.filters import selected, selection_options
from cli.commands.options import json_option
from cli.commands.pricing import NAMES, basis, pricing_options
from cli.commands.reading import name_unreadable, read
from cli.documents.statistics import of_statistics
from cli.render import as_json as json
from cli.render import console
from cli.render import costs as cost_lines
from cli.render import statistics as lines


@click.command()
@selection_options
@click.option("--cost", "with_cost", is_flag=True, help="Estimate the cost of the tasks, too.")
@pricing_options
@json_option
@click.pass_context
def stats(
    ctx: click.Context,
    /,
    *,
    since: datetime,
    until: datetime,
    with_cost: bool,
    as_json: bool,
    **others: Any,
) -> None:
    """Show how long jobs waited, what failed, and how well the tasks were used.

    A job counts in the period in which GitHub queued it, a runner in which it ended, a failure in
    which it happened; the time of a task is cut to the period. Streams that can't be read are left
    out, and named. Needs RUNNER_TABLE and EVENTS_TABLE.
    """
    _refuse_prices_without_cost(ctx, with_cost=with_cost)
    prices = {name: others.pop(name) for name in NAMES}
    found = read(ctx, selected(ctx, since, until, **others))
    result = statistics(found)
    priced = costs(found, basis(**prices)) if with_cost else None
    if as_json:
        json.document(of_statistics(result, priced))
        return
    if result.is_empty:
        console.note(lines.EMPTY)
    else:
        console.show(lines.lines(result, console.width()))
        console.show(cost_lines.lines(priced, console.width()) if priced else ())
    name_unreadable(found)


def _refuse_prices_without_cost(ctx: click.Context, *, with_cost: bool) -> None:
    given = [
        option.opts[0]
        for option in ctx.command.params
        if option.name in NAMES
        and ctx.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]
    if given and not with_cost:
        raise click.UsageError(f"{', '.join(given)}: only together with --cost.")
