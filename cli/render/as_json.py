"""Prints answers as one JSON document on stdout, piece by piece, with times as RFC 3339 (UTC).

An answer is not collected before it is printed. Every field of a Struct is printed, also one that
is not set. Terminal control characters are escaped.
"""

import re
from collections.abc import Callable, Iterable

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


def listing(name: str, values: Iterable[object], rest: Callable[[], Struct]) -> None:
    """Print a document with the values as the array of its field `name`, as they arrive.

    `rest` is called after the values were printed and returns the document without them: its other
    fields, such as "complete", may depend on them.
    """
    _print(f'{{"{name}": [')
    _items(values)
    others = {key: value for key, value in asdict(rest()).items() if key != name}
    texts = (f", {_text(key)}: {_text(value)}" for key, value in others.items())
    _print(f"]{''.join(texts)}}}")


def lines(values: Iterable[object]) -> None:
    """Print each value on a line of its own, as it arrives (JSON Lines)."""
    for value in values:
        _print(_text(value))


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
    return msgspec.json.encode(_whole(value), enc_hook=str).decode()


def _whole(value: object) -> object:
    """Return the value with every field of its Structs. Stored rows omit those that are not set."""
    match value:
        case Struct():
            return {name: _whole(field) for name, field in asdict(value).items()}
        case list() | tuple():
            return [_whole(one) for one in value]
        case dict():
            return {name: _whole(one) for name, one in value.items()}
    return value
