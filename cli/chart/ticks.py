"""Round times on an axis, and how they are written. Pure."""

from datetime import UTC, datetime, timedelta
from math import ceil

from msgspec import Struct

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14, 28)),
)
"""Seconds between two ticks."""


class Tick(Struct, frozen=True):
    """A time on the axis, and its text."""

    at: datetime
    text: str


def ticks(begin: datetime, end: datetime, most: int) -> list[Tick]:
    """Return round times between two times, both inclusive, at most about `most`.

    They are multiples of the step since the epoch, so those of minutes and hours are round in UTC.
    A tick at midnight has the date, if steps are shorter than a day.
    """
    seconds = (end - begin).total_seconds()
    step = next((one for one in _STEPS if seconds / one <= max(1, most)), _STEPS[-1])
    first = ceil(begin.timestamp() / step) * step
    count = int((end.timestamp() - first) // step) + 1
    times = [datetime.fromtimestamp(first, UTC) + timedelta(seconds=step * n) for n in range(count)]
    return [Tick(at, _text(at, step)) for at in times]


def _text(at: datetime, step: int) -> str:
    if step >= _DAY or (at.hour, at.minute, at.second) == (0, 0, 0):
        return f"{at:%m-%d}"
    return f"{at:%H:%M}" if step >= _MINUTE else f"{at:%H:%M:%S}"
