"""Replaces attributes of moto's classes and restores them. The patches are in other modules."""

from collections.abc import Callable
from functools import wraps
from typing import Any

_ABSENT = object()
_made: list[tuple[type, str, Any]] = []


def replace(owner: type, name: str, value: object) -> None:
    """Set an attribute of a class and record the old value."""
    _made.append((owner, name, vars(owner).get(name, _ABSENT)))
    setattr(owner, name, value)


def around(owner: type, name: str, body: Callable[..., Any]) -> None:
    """Replace a method by `body`, whose first argument is the original method, then `self`."""
    original = getattr(owner, name)

    @wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        return body(original, *args, **kwargs)

    replace(owner, name, method)


def any_made() -> bool:
    """Return whether any attribute is currently replaced."""
    return bool(_made)


def undo_all() -> None:
    """Restore all attributes, the last replacement first."""
    while _made:
        owner, name, value = _made.pop()
        if value is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, value)
