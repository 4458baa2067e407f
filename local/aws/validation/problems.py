"""What is wrong with a request: where, what, and what would be allowed."""

from dataclasses import dataclass
from typing import Any

Path = tuple[Any, ...]
"""Where a value is in the parameters: `(outer path, name or index)`; `()` is the top."""

_SHOWN = 80


@dataclass(frozen=True)
class Problem:
    """One reason for which AWS would refuse a request.

    Attributes:
        rule: The name of a documented rule, or `service model`.
        text: The parameter's path, what is wrong with its value, and what is allowed.
        code: The error code of AWS's answer; empty: the service's code for invalid parameters.
    """

    rule: str
    text: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.rule})"


def where(path: Path) -> str:
    """A path as people write it, such as `Entries[0].Id`."""
    parts: list[str] = []
    while path:
        path, name = path
        parts.append(f"[{name}]" if isinstance(name, int) else f".{name}")
    return "".join(reversed(parts)).lstrip(".") or "the parameters"


def shown(value: object) -> str:
    """A value for a message, cut to a length that a line holds."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
