"""Checks single values by a service model: strings, numbers, blobs, timestamps."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from botocore.model import Shape

from local.aws.validation.patterns import UnsupportedPattern, compiled
from local.aws.validation.problems import Path, Problem, shown, where

RULE = "service model"
Check = Callable[[Any, Path, list[Problem]], None]

_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a string"),
    "character": ((str,), "a string"),
    "boolean": ((bool,), "true or false"),
    "timestamp": ((datetime, str, int, float), "a time"),
    "float": ((int, float, Decimal), "a number"),
    "double": ((int, float, Decimal), "a number"),
    **dict.fromkeys(_BITS, ((int,), "an integer")),
}
_UNBOUNDED_ABOVE = 1 << 200


def anything(_value: Any, _path: Path, _problems: list[Problem]) -> None:
    """Accept any value."""


def wrong_type(path: Path, value: object, allowed: str) -> Problem:
    """Return the problem of a value whose type differs from the model's."""
    return Problem(RULE, f"{where(path)}: is of type {type(value).__name__}; allowed: {allowed}")


def compile_scalar(shape: Shape) -> Check:
    """Return the check of a scalar shape."""
    if shape.type_name == "blob":
        return _blob(shape)
    if shape.type_name not in _TYPES or shape.serialization.get("jsonvalue"):
        return anything
    types, allowed = _TYPES[shape.type_name]
    more = _string(shape) if shape.type_name == "string" else _number(shape)
    no_bool = bool not in types

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if not isinstance(value, types) or (no_bool and value.__class__ is bool):
            problems.append(wrong_type(path, value, allowed))
        elif more:
            more(value, path, problems)

    return check


def bounds(shape: Shape, unit: str) -> Check | None:
    """Return the check of a size; None if the model has no bounds."""
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", _UNBOUNDED_ABOVE)
    if least <= 0 and most == _UNBOUNDED_ABOVE:
        return None
    allowed = f"{least} or more" if most == _UNBOUNDED_ABOVE else f"{least} to {most}"

    def check(size: int, path: Path, problems: list[Problem]) -> None:
        if not least <= size <= most:
            text = f"{where(path)}: has {size} {unit}; allowed: {allowed}"
            problems.append(Problem(RULE, text))

    return check


def _string(shape: Shape) -> Check | None:
    metadata = shape.metadata
    size = bounds(shape, "characters")
    allowed = frozenset(metadata.get("enum", ()))
    pattern = _pattern(metadata.get("pattern"))
    if not (size or allowed or pattern):
        return None
    display: Callable[[object], str] = (lambda _: "***") if metadata.get("sensitive") else shown

    def check(value: str, path: Path, problems: list[Problem]) -> None:
        if size:
            size(len(value), path, problems)
        if allowed and value not in allowed:
            text = f"{where(path)}: is {display(value)}; allowed: {', '.join(sorted(allowed))}"
            problems.append(Problem(RULE, text))
        if pattern and not pattern.fullmatch(value):
            text = f"{where(path)}: is {display(value)}; allowed: what matches {pattern.pattern}"
            problems.append(Problem(RULE, text))

    return check


def _pattern(text: str | None) -> Any:
    """Compile a pattern; None if it is missing or listed in `model.unsupported_patterns`."""
    try:
        return compiled(text) if text else None
    except UnsupportedPattern:
        return None


def _number(shape: Shape) -> Check | None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    bits = _BITS.get(shape.type_name)
    if bits:
        lowest, highest = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        least = lowest if least is None else max(least, lowest)
        most = highest if most is None else min(most, highest)
    if shape.type_name in ("timestamp", "boolean") or (least is None and most is None):
        return None
    allowed = " and ".join(
        [f"at least {least}"] * (least is not None) + [f"at most {most}"] * (most is not None)
    )

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if (least is not None and value < least) or (most is not None and value > most):
            problems.append(Problem(RULE, f"{where(path)}: is {value}; allowed: {allowed}"))

    return check


def _blob(shape: Shape) -> Check:
    size = bounds(shape, "bytes")

    def check(value: Any, path: Path, problems: list[Problem]) -> None:
        if isinstance(value, bytes | bytearray | str):
            if size:
                size(len(value), path, problems)
        elif not hasattr(value, "read"):
            problems.append(wrong_type(path, value, "bytes, a string or a file"))

    return check
