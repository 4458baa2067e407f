"""Values that break what trusts them, and the ways in which they get into a message."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Path = tuple[str | int, ...]

NUMBERS = (-1, 0, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, 0.5, 1e300)
TEXTS = (
    "",
    " ",
    "\x00",
    "\n",
    "\x1b[31m",
    "\u202e",
    "\ud800",
    "\uffff",
    "😀",
    "null",
    "-1",
    "../..",
    "job-007",
    "fleet-7-1",
    "fleet-0-1",
    "fleet-99999999999999999999-1",
    "self-hosted",
    "image:ubuntu:24.04",
    "image:$(id)",
    "class:xl",
    "STOPPED",
    "RUNNING",
)
TIMES = (
    "2026-01-01T00:00:00",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "0999-12-31T23:59:59Z",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "2026-13-01T00:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:60Z",
    "yesterday",
    "1767225600",
)
SIZES = (63, 64, 65, 128, 256, 257, 1024, 1025, 2049, 4097, 20_000, 500_000)
DEPTHS = (10, 99, 500, 1000, 100_000)
KEYS = ("id", "labels", "action", "workflow_job", "repository", "full_name", "created_at")


def value(rng: Random) -> Any:
    """Anything that JSON can hold, mostly of the wrong type or size."""
    match rng.randrange(8):
        case 0 | 1:
            return rng.choice(NUMBERS)
        case 2 | 3:
            return rng.choice(TEXTS)
        case 4:
            return rng.choice(TIMES)
        case 5:
            return rng.choice("a\x01é😀") * _size(rng)
        case 6:
            return [rng.choice(TEXTS)] * rng.choice((0, 1, 10, 128, 129, 2000))
        case _:
            return rng.choice((None, True, False, [], {}, [[]], {"": None}))


def _size(rng: Random) -> int:
    """Mostly a small one: the large ones take their time."""
    return rng.choice(SIZES[:8] if rng.random() < 0.95 else SIZES)


def paths(shape: Any, before: Path = ()) -> list[Path]:
    """The paths of all values in the shape."""
    found: list[Path] = []
    places = shape.items() if isinstance(shape, dict) else enumerate(shape)
    for name, one in places:
        found.append((*before, name))
        if isinstance(one, dict | list):
            found += paths(one, (*before, name))
    return found


def changed(shape: Any, path: Path, new: Any) -> Any:
    """The shape with another value at the path; what is not on the path is shared."""
    if not path:
        return new
    name, *rest = path
    copy = shape.copy()
    copy[name] = changed(shape[name], tuple(rest), new)
    return copy


def without(shape: Any, path: Path) -> Any:
    """The shape without what is at the path."""
    name, *rest = path
    copy = shape.copy()
    if rest:
        copy[name] = without(shape[name], tuple(rest))
    else:
        del copy[name]
    return copy


def mutated(shape: Any, rng: Random, places: Sequence[Path]) -> Any:
    """The shape with one to three of the places changed or gone."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        path = rng.choice(places)
        try:
            shape = without(shape, path) if rng.random() < 0.1 else _put(shape, path, rng)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # the place went with an earlier change
    return shape


def _put(shape: Any, path: Path, rng: Random) -> Any:
    return changed(shape, path, value(rng))


# --- text ----------------------------------------------------------------------------------------


def twice(text: str, rng: Random) -> str:
    """The JSON text with a key of one object there twice."""
    key = f'"{rng.choice(KEYS)}": '
    again = f"{key}{json.dumps(value(rng))}, "
    places = [at for at in range(len(text)) if text.startswith(key, at)]
    at = rng.choice(places) if places else 1
    return text[:at] + again + text[at:]


def nested(text: str, rng: Random) -> str:
    """The JSON text with a nest in a field that nobody reads; sometimes it has no end."""
    depth = rng.choice(DEPTHS)
    first, last = rng.choice((("[", "]"), ('{"a":', "}")))
    end = last * depth if rng.random() < 0.8 else ""
    return f'{text[:-1]}, "more": {first * depth}{"1" if end else ""}{end}}}'


def torn(text: str, rng: Random) -> str:
    """The JSON text cut short, or with something after it or in it."""
    at = rng.randrange(len(text))
    return rng.choice(
        (text[:at], text + text[:at], text[:at] + rng.choice('\x00{}[],:"e\\') + text[at:])
    )


def number(text: str, rng: Random) -> str:
    """The JSON text with a number of another spelling."""
    spelt = rng.choice(("NaN", "Infinity", "-0", "1e400", "1.0", "0x7", "07", "1_000", "7" * 5000))
    key = rng.choice(('"id": ', '"run_id": ', '"run_attempt": ', '"version": '))
    before, found, after = text.partition(key)
    return f"{before}{found}{spelt}, {key}{after}" if found else text


def padded(text: str, rng: Random) -> str:
    """The JSON text with white space around it, up to what is too large to read."""
    return " " * rng.choice((1, 1000, 1024 * 1024)) + text


TEXT_CHANGES: tuple[Callable[[str, Random], str], ...] = (twice, nested, torn, number, padded)


def encoded(text: str, rng: Random) -> bytes:
    """The text in bytes that are not always UTF-8."""
    match rng.randrange(12):
        case 0:
            return text.encode(rng.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7")))
        case 1:
            body = bytearray(text.encode())
            for _ in range(rng.randint(1, 4)):
                body[rng.randrange(len(body))] = rng.randrange(256)
            return bytes(body)
        case _:
            return text.encode()
