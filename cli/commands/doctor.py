"""`ecsrunner doctor`: checks a fleet, and names what is wrong with its remedy."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.commands.options import fleet_of, json_option
from cli.errors import FAILED, AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console, progress
from shared.domain.names import check_prefix

if TYPE_CHECKING:
    from cli.doctor.context import Context
    from cli.doctor.finding import Report
    from cli.doctor.scrub import Scrubber

_END = "-events"
"""The end of the name of the events table; the prefix of the fleet is before it."""
_ENDING = ".tar.gz"


@click.command()
@click.option("--prefix", help="Prefix of the fleet; default: that of EVENTS_TABLE.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE.tar.gz",
    help="Write an archive for a support ticket, without secrets.",
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, prefix: str | None, bundle: Path | None, as_json: bool) -> None:
    """Check the fleet, and name each problem with its remedy.

    Reads AWS with the credentials in use, and GitHub with those of the fleet; changes nothing.
    A problem keeps jobs from running, a warning does not. Exit code 1 if there is a problem, 3 if
    there is none but something could not be checked. Needs EVENTS_TABLE or --prefix.
    """
    # Other commands would be slower by what the checks import.
    from cli.doctor.catalogue import CHECKS  # noqa: PLC0415
    from cli.doctor.context import Context  # noqa: PLC0415
    from cli.doctor.finding import Level  # noqa: PLC0415
    from cli.doctor.run import examine  # noqa: PLC0415
    from cli.documents.doctor import document  # noqa: PLC0415
    from cli.render import doctor as render  # noqa: PLC0415

    if bundle is not None and not bundle.name.endswith(_ENDING):
        raise click.UsageError(f"--bundle {bundle} does not end with {_ENDING}")
    fleet = fleet_of(ctx)
    context = Context(fleet, _prefix(fleet, prefix))
    progress.say("checking the fleet")
    report, scrubber = examine(context, CHECKS)
    if bundle is not None:
        _write(bundle, context, report, scrubber)
    if as_json:
        json.document(document(report))
    else:
        console.show(render.lines(report, console.width()))
        console.say(render.summary(report))
    if report.count(Level.PROBLEM):
        raise AnswerIsNo("The fleet has problems, which keep jobs from running.")
    if report.count(Level.UNKNOWN):
        ctx.exit(FAILED)


def _prefix(fleet: Fleet, given: str | None) -> str:
    """Return the given prefix, or that of the events table.

    Raises:
        NotConfigured: there is neither.
        UsageError: it is not a prefix.
    """
    if given is None:
        fleet.require(EVENTS_TABLE)
    table = fleet.variable(EVENTS_TABLE)
    if given is None and not table.endswith(_END):
        raise click.UsageError(f"EVENTS_TABLE {table!r} does not end with {_END}; use --prefix")
    prefix = given or table.removesuffix(_END)
    try:
        check_prefix(prefix)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return prefix


def _write(path: Path, context: "Context", report: "Report", scrubber: "Scrubber") -> None:
    from cli.doctor import bundle  # noqa: PLC0415

    try:
        bundle.write(path, context, report, scrubber)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror or error}") from error
    console.note(f"{path} holds the findings, names and states of resources; no secret is in it.")
