"""Where text goes: in colours to a terminal, plain into a pipe; nowhere wider than there is room.

NO_COLOR, FORCE_COLOR and TERM are honoured, by rich. stdout holds the answer and nothing else; what
is said about it goes to stderr.
"""

import os
import sys
from collections.abc import Iterable
from typing import TextIO

import click
from rich.console import Console
from rich.text import Text

from cli.render import progress
from cli.render.layout import paragraph
from cli.render.text import safe
from shared.domain.unreadable import Unreadable

NARROW = 80
"""Columns where nobody says how many there are, as in a pipe."""
COLOURS = {
    "STARTING": "yellow",
    "IMAGE_CREATING": "magenta",
    "WAITING_FOR_JOB": "cyan",
    "RUNNING": "green",
    "OFFLINE": "dim",
    "FAILED": "bold red",
}


def width(of: TextIO | None = None) -> int:
    """How many columns there are on stdout: COLUMNS, or the terminal's, or 80."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size((of or sys.stdout).fileno()).columns or NARROW
    except (OSError, ValueError):  # no terminal; no file at all
        return NARROW


def show(lines: Iterable[Text]) -> None:
    """Print lines to stdout, each as it comes: they have their width already."""
    out = Console(highlight=False, markup=False, emoji=False)
    for line in lines:
        with progress.aside():
            out.print(line, soft_wrap=True)


def say(text: str, indent: int = 0) -> None:
    """Print a paragraph to stdout."""
    with progress.aside():
        click.echo(paragraph(safe(text), width(), indent))


def left_out(error: Unreadable) -> None:
    """Say on stderr that a row is not listed because it can't be read."""
    note(f"{error}; it is left out, `ecsrunner replay rebuild` mends it")


def note(text: str) -> None:
    """Print a paragraph about the answer to stderr."""
    with progress.aside():
        click.echo(paragraph(safe(text), width(sys.stderr)), err=True)


def commands(lines: Iterable[str]) -> None:
    """Print what is to be typed to stderr, as it stands."""
    with progress.aside():
        for line in lines:
            click.echo(safe(line), err=True)


def coloured(status: str) -> Text:
    """A runner's status in its colour."""
    return Text(safe(status), style=COLOURS.get(status, ""))


def plain(text: str, style: str = "") -> Text:
    """Text from the fleet, harmless and without markup."""
    return Text(safe(text), style=style)
