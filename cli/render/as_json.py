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


def array(values: Iterable[object]) -> int:
    """Print values as one array, one a line, as they come; how many there were."""
    count = 0
    click.echo("[", nl=False)
    for count, value in enumerate(values, start=1):
        click.echo("\n" if count == 1 else ",\n", nl=False)
        click.echo(_text(value), nl=False)
    click.echo("\n]" if count else "]")
    return count


def fields(value: Struct) -> dict[str, Any]:
    """A struct with every field; what is unset is null."""
    return asdict(value)


def _text(value: object) -> str:
    # Rows leave out what is unset where they are stored, but not where they are shown.
    shown = fields(value) if isinstance(value, Struct) else value
    return msgspec.json.encode(shown).decode()
