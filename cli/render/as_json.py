"""Answers as JSON: one document on stdout, written piece by piece, times in ISO 8601 (UTC).

No answer is collected here before it is written. What could steer a terminal is escaped.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click
import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from cli.render import progress
from cli.render.text import STEERING

_STEERS = re.compile(f"[{STEERING}]")
"""C0 controls are escaped already where they are not the document's own line breaks."""


def document(value: object) -> None:
    """Print one value, indented for people who look at it."""
    _print(msgspec.json.format(_text(value), indent=2))


def array(values: Iterable[object]) -> None:
    """Print values as one array, one a line, each as soon as it is known whether one follows."""
    _print("[")
    _items(values)
    _print("]")


def listing(name: str, values: Iterable[object], rest: Callable[[], Mapping[str, object]]) -> None:
    """Print an object with the values as an array under `name`, and then the `rest`.

    The rest, such as whether these were all, is asked for once the values have been printed.
    """
    _print(f'{{"{name}": [')
    _items(values)
    told = "".join(f", {_text(key)}: {_text(value)}" for key, value in rest().items())
    _print(f"]{told}}}")


def fields(value: Struct) -> dict[str, Any]:
    """A struct with every field; what is unset is null."""
    return asdict(value)


def _items(values: Iterable[object]) -> None:
    before = None
    for value in values:
        if before is not None:
            _print(f"{before},")
        before = _text(value)
    if before is not None:
        _print(before)


def _print(text: str) -> None:
    with progress.aside():
        click.echo(_STEERS.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _text(value: object) -> str:
    # Rows leave out what is unset where they are stored, but not where they are shown.
    shown = fields(value) if isinstance(value, Struct) else value
    return msgspec.json.encode(shown, enc_hook=str).decode()
