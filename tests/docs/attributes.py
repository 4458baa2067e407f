"""Reads what a Struct and its fields mean from its docstring. Pure."""

import inspect
import re

from msgspec import Struct

from cli.documents.fields import MEANINGS

_SECTION = "\nAttributes:\n"
_ENTRY = re.compile(r"^ {4}(\w+(?:, \w+)*): (.*(?:\n {8}.*)*)", re.MULTILINE)


def summary(kind: type[Struct]) -> str:
    """Return the first paragraph of the docstring of a Struct."""
    return _paragraph(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0])


def meanings(kind: type[Struct]) -> dict[str, str]:
    """Return the meaning of each field of a Struct.

    The docstring of the Struct has priority over that of its bases, and that over `MEANINGS`.

    Raises:
        LookupError: a field has no meaning.
    """
    described: dict[str, str] = {}
    for one in kind.__mro__[::-1]:
        described |= _described(one.__doc__ or "")
    found = MEANINGS | described
    missing = [name for name in kind.__struct_fields__ if name not in found]
    if missing:
        raise LookupError(
            f"{kind.__name__}: describe {', '.join(missing)} under Attributes of its docstring, or "
            "in cli/documents/fields.py"
        )
    return {name: found[name] for name in kind.__struct_fields__}


def _described(docstring: str) -> dict[str, str]:
    section = inspect.cleandoc(docstring).partition(_SECTION)[2]
    return {
        name: _paragraph(text)
        for names, text in _ENTRY.findall(section)
        for name in names.split(", ")
    }


def _paragraph(text: str) -> str:
    return " ".join(text.split())
