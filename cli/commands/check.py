"""`ecsrunner replay check`: reads recorded events with today's code. Needs no AWS."""

from collections.abc import Iterator
from pathlib import Path

import click
from msgspec.structs import asdict

from cli.commands.options import json_option
from cli.documents.replay import CheckDocument, CheckedFailure
from cli.errors import AnswerIsNo
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.checked import failing, summary, unknown_types
from cli.replay.check import Checked, Failure, check_export, check_golden
from cli.streams.files import read_exports
from cli.streams.golden import golden_files, read_golden


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, readable=True, path_type=Path)
)
@json_option
def check(*, files: tuple[Path, ...], as_json: bool) -> None:
    """Check that this version reads recorded events.

    Each event must decode and fold, and the next actions after it must be computable. FILES are
    those of `ecsrunner log export`, folders of DynamoDB's exports to S3, or recorded histories with
    expectations (the project's tests/histories, or files of it): statuses and next actions after
    each event must equal those. Names the first event of each stream that does not hold. Run it
    with a new version on an export of your fleet before you deploy it. Exit code 1 if a stream does
    not hold.
    """
    checked = Checked()
    found = _checked(files, checked)
    if as_json:
        failures = (CheckedFailure(file=str(path), **asdict(one)) for path, one in found)
        json.listing("failures", failures, lambda: _counts(checked))
    else:
        for path, failure in found:
            console.show(failing(str(path), failure, console.width()))
        console.say(summary(checked))
        if note := unknown_types(checked):
            console.note(note)
    if checked.failures:
        raise AnswerIsNo("this version does not read all of these events as it must")


def _checked(files: tuple[Path, ...], checked: Checked) -> Iterator[tuple[Path, Failure]]:
    for path in files:
        progress.say(f"checking {path}: {checked.streams} streams so far")
        golden = golden_files(path)
        for recorded in golden:
            yield from ((recorded, one) for one in check_golden(read_golden(recorded), checked))
        if not golden:
            exported = (one.stored for one in read_exports([path]))
            streams = (one for one in exported if one.recorded or one.problem)  # else rows only
            yield from ((path, one) for one in check_export(streams, checked))


def _counts(checked: Checked) -> CheckDocument:
    return CheckDocument(
        stream_count=checked.streams,
        event_count=checked.events,
        unknown_types=dict(checked.unknown),
    )
