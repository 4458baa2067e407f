"""Where text goes: a terminal gets colours and fitted tables, a pipe gets plain, unwrapped lines.

NO_COLOR, FORCE_COLOR, TERM and COLUMNS are honoured, by rich. stdout holds the answer and nothing
else; what is said about it goes to stderr.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.render.text import safe

UNWRAPPED = 10_000
"""Columns: no line of ours is so long, so nothing is wrapped or cut in a pipe."""
WIDE = 120
"""Columns from which on a terminal has room for everything side by side."""
COLOURS = {
    "STARTING": "yellow",
    "IMAGE_CREATING": "magenta",
    "WAITING_FOR_JOB": "cyan",
    "RUNNING": "green",
    "OFFLINE": "dim",
    "FAILED": "bold red",
}


def console() -> Console:
    """The console of stdout as it is now. COLUMNS is for terminals, as NO_COLOR is."""
    found = Console(highlight=False, markup=False, emoji=False)
    if not found.is_terminal:
        found.width = UNWRAPPED
    return found


def is_wide(out: Console) -> bool:
    """Whether there is room for everything side by side, as there always is in a pipe."""
    return not out.is_terminal or out.width >= WIDE


def show(*parts: RenderableType) -> None:
    """Print to stdout."""
    out = console()
    if out.is_terminal:
        out.print(*parts, sep="\n")
        return
    with out.capture() as captured:
        out.print(*parts, sep="\n")
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def note(text: str) -> None:
    """Say something about the answer, on stderr."""
    click.echo(safe(text), err=True)


def table(*columns: str) -> Table:
    """An empty table in the style of all of ours: no lines, headings dim, text folded, not cut."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        made.add_column(name, overflow="fold")
    return made


def coloured(status: str) -> Text:
    """A runner's status in its colour."""
    return Text(safe(status), style=COLOURS.get(status, ""))


def plain(text: str, style: str = "") -> Text:
    """Text from the fleet, harmless and without markup."""
    return Text(safe(text), style=style)


class Bar:
    """How far something is, on stderr, if that is a terminal which can show it; else nothing."""

    def __init__(self, what: str, *, quiet: bool) -> None:
        err = Console(stderr=True, highlight=False, markup=False, emoji=False)
        columns = SpinnerColumn(), TextColumn("{task.description}", markup=False)
        self._bar = Progress(
            *columns,
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=quiet or not err.is_terminal or err.is_dumb_terminal,
            redirect_stdout=False,
        )
        self._what = what
        self._task = self._bar.add_task(what, total=None)

    def say(self, text: str) -> None:
        """Show these words from now on."""
        self._bar.update(self._task, description=f"{self._what}: {safe(text)}")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Make room for lines on stdout, which may be the same terminal."""
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def progress(what: str, *, as_json: bool) -> Bar:
    """A bar to show for a block. JSON that is written to a terminal is not to be disturbed."""
    return Bar(what, quiet=as_json and sys.stdout.isatty())
