"""Replace an attribute of one of moto's classes, and put it back. No patch lives here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

_ABSENT = object()
_made: list[tuple[type, str, Any]] = []


def replace(owner: type, name: str, value: object) -> None:
    """Set an attribute of a class and remember what it was."""
    _made.append((owner, name, vars(owner).get(name, _ABSENT)))
    setattr(owner, name, value)


def around(owner: type, name: str, body: Callable[..., Any]) -> None:
    """Replace a method by `body`, which is given the method that was there before `self`."""
    original = getattr(owner, name)

    @wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        return body(original, *args, **kwargs)

    replace(owner, name, method)


def any_made() -> bool:
    """Whether something is replaced now."""
    return bool(_made)


def undo_all() -> None:
    """Put everything back, the last replacement first."""
    while _made:
        owner, name, value = _made.pop()
        if value is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, value)
