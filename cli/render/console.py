"""Prints text: with colours to a terminal, plain to a pipe, wrapped to the available width.

rich honours NO_COLOR, FORCE_COLOR and TERM. stdout holds the answer and nothing else. Notes about
it go to stderr.
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
"""The width in columns if it is unknown, as in a pipe."""
COLOURS = {
    "STARTING": "yellow",
    "IMAGE_CREATING": "magenta",
    "WAITING_FOR_JOB": "cyan",
    "RUNNING": "green",
    "OFFLINE": "dim",
    "FAILED": "bold red",
}


def width(of: TextIO | None = None) -> int:
    """Return the width of stdout in columns: COLUMNS, or the terminal's, or 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size((of or sys.stdout).fileno()).columns or NARROW
    except (OSError, ValueError):  # no terminal; no file at all
        return NARROW


def show(lines: Iterable[Text]) -> None:
    """Print lines to stdout as they arrive. They are already wrapped."""
    out = Console(highlight=False, markup=False, emoji=False)
    for line in lines:
        with progress.aside():
            out.print(line, soft_wrap=True)


def say(text: str, indent: int = 0) -> None:
    """Print a paragraph to stdout."""
    with progress.aside():
        click.echo(paragraph(safe(text), width(), indent))


def left_out(error: Unreadable) -> None:
    """Print to stderr that a row is left out because it can't be read."""
    note(f"{error}; it is left out, `ecsrunner replay rebuild` repairs it")


def note(text: str) -> None:
    """Print a paragraph about the answer to stderr."""
    with progress.aside():
        click.echo(paragraph(safe(text), width(sys.stderr)), err=True)


def commands(lines: Iterable[str]) -> None:
    """Print commands to be typed to stderr, without wrapping."""
    with progress.aside():
        for line in lines:
            click.echo(safe(line), err=True)


def coloured(status: str) -> Text:
    """Return a runner's status in its colour."""
    return Text(safe(status), style=COLOURS.get(status, ""))


def plain(text: str, style: str = "") -> Text:
    """Return text from outside, without control characters and markup."""
    return Text(safe(text), style=style)
