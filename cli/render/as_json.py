"""Prints answers as one JSON document on stdout, piece by piece, with times in ISO 8601 (UTC).

An answer is not collected before it is printed. Terminal control characters are escaped.
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
"""C0 controls in strings are already escaped; others are the document's own line breaks."""


def document(value: object) -> None:
    """Print one value, indented."""
    _print(msgspec.json.format(_text(value), indent=2))


def array(values: Iterable[object]) -> None:
    """Print values as one array, one on each line, as they arrive."""
    _print("[")
    _items(values)
    _print("]")


def answers(values: Iterable[object], *, one: bool) -> None:
    """Print the only value as the document, or several values as one array."""
    if not one:
        array(values)
        return
    for value in values:
        document(value)


def listing(name: str, values: Iterable[object], rest: Callable[[], Mapping[str, object]]) -> None:
    """Print an object with the values as an array under `name`, and then the fields of `rest`.

    `rest` is called after the values were printed: its fields, such as "complete", may depend on
    them.
    """
    _print(f'{{"{name}": [')
    _items(values)
    others = "".join(f", {_text(key)}: {_text(value)}" for key, value in rest().items())
    _print(f"]{others}}}")


def fields(value: Struct) -> dict[str, Any]:
    """Return all fields of a struct. Fields that are not set are null."""
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
    # Stored rows omit fields that are not set. The output has all fields.
    shown = fields(value) if isinstance(value, Struct) else value
    return msgspec.json.encode(shown, enc_hook=str).decode()
