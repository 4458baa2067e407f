"""Problems of a request: the path, what is wrong, and what is allowed."""

from dataclasses import dataclass
from typing import Any

Path = tuple[Any, ...]
"""Path of a value in the parameters: `(outer path, name or index)`; `()` is the root."""

_SHOWN = 80


@dataclass(frozen=True)
class Problem:
    """One reason for which AWS would reject a request.

    Attributes:
        rule: Name of a documented rule, or `service model`.
        text: Path of the parameter, what is wrong with its value, and what is allowed.
        code: Error code of AWS's response; empty for the service's code for invalid parameters.
    """

    rule: str
    text: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.rule})"


def where(path: Path) -> str:
    """Format a path, such as `Entries[0].Id`."""
    parts: list[str] = []
    while path:
        path, name = path
        parts.append(f"[{name}]" if isinstance(name, int) else f".{name}")
    return "".join(reversed(parts)).lstrip(".") or "the parameters"


def shown(value: object) -> str:
    """Format a value for a message, truncated to fit on a line."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
