"""Answers as JSON: one document on stdout, written piece by piece, times in ISO 8601 (UTC).

No answer is collected here before it is written.
"""

from collections.abc import Iterable
from typing import Any

import click
import msgspec
from msgspec import Struct
from msgspec.structs import asdict


def document(value: object) -> None:
    """Print one value, indented for people who look at it."""
    click.echo(msgspec.json.format(_text(value), indent=2))


def array(values: Iterable[object]) -> None:
    """Print values as one array, one a line, each as soon as it is known whether one follows."""
    click.echo("[")
    before = None
    for value in values:
        if before is not None:
            click.echo(f"{before},")
        before = _text(value)
    if before is not None:
        click.echo(before)
    click.echo("]")


def fields(value: Struct) -> dict[str, Any]:
    """A struct with every field; what is unset is null."""
    return asdict(value)


def _text(value: object) -> str:
    # Rows leave out what is unset where they are stored, but not where they are shown.
    shown = fields(value) if isinstance(value, Struct) else value
    return msgspec.json.encode(shown).decode()
