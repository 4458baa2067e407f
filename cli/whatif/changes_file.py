"""Reads the file that names what would be different: YAML, or JSON, which YAML contains.

Only plain data is read. A key that is there twice is refused, since YAML would take the last one.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from yaml.nodes import Node

Place = tuple[str | int, ...]
"""The keys and positions that lead to a value."""


class BadFileError(ValueError):
    """A file can't be read, or is not YAML with an object in it; the message names the line."""


class Content(Struct, frozen=True, kw_only=True):
    """What a file holds, and the line of each key and item, by its place."""

    data: dict[str, Any]
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int | None:
        """Return the line of a place, or else of the innermost one around it that has a line."""
        inner = (place[:length] for length in range(len(place), 0, -1))
        return next((self.lines[one] for one in inner if one in self.lines), None)


def read_content(path: Path) -> Content:
    """Return what a file holds.

    Raises:
        BadFileError: names the file, and where possible the line and key.
    """
    import yaml  # noqa: PLC0415 - few commands need it

    try:
        loader = yaml.SafeLoader(_text(path))
        node = loader.get_single_node()
        lines = dict(_lines(path, node, ())) if node else {}
        data = loader.construct_document(node) if node else {}
    except (OSError, UnicodeDecodeError, yaml.reader.ReaderError) as error:
        raise BadFileError(f"{path} can't be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}" if mark else ""
        raise BadFileError(f"{path}{line} is neither YAML nor JSON: {error.problem}") from error
    except (ValueError, RecursionError) as error:  # a day that there is not; endless nesting
        raise BadFileError(f"{path} is neither YAML nor JSON: {error}") from error
    if not isinstance(data, dict):
        raise BadFileError(f"{path} is not an object with the changes of a policy")
    return Content(data=data, lines=lines)


def _text(path: Path) -> str:
    """Return the text of a file. JSON may be indented by tabs, YAML may not."""
    text = path.read_text(encoding="utf-8")
    return text.replace("\t", " ") if path.suffix == ".json" else text


def _lines(path: Path, node: "Node", place: Place) -> Iterator[tuple[Place, int]]:
    """Yield the line of each key and item below a node.

    Raises:
        BadFileError: a key is there twice.
    """
    if node.id == "sequence":
        for number, item in enumerate(node.value):
            yield (*place, number), item.start_mark.line + 1
            yield from _lines(path, item, (*place, number))
    if node.id != "mapping":
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in first:
            dotted = ".".join(map(str, (*place, name)))
            raise BadFileError(
                f"{path} line {line}: {dotted} is already in line {first[name]}; "
                "each key may be there once"
            )
        first[name] = line
        yield (*place, name), line
        yield from _lines(path, value, (*place, name))
