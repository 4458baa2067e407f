"""Writes a page to the file that `--html` names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli.render import console


def html_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option `--html`, which a command gets as `html`. `what` is written as a page."""
    return click.option(
        "--html",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"Write {what} as one page to this file instead of printing it as text.",
    )


def write_page(file: Path, content: str, what: str) -> None:
    """Write a page, and note where `what` is.

    Raises:
        click.UsageError: the file can't be written.
    """
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--html: {str(file)!r} can't be written: {error}") from error
    console.note(f"{what} is in {file}.")
