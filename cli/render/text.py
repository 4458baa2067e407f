"""Small pieces of text for people: times, spans, and text from outside made harmless. Pure."""

import re
from datetime import UTC, datetime

C0 = "\x00-\x1f"
STEERING = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""As parts of a regular expression's class: controls, and all else that steers a terminal: DEL, C1
controls, what begins a line or turns the direction of text, so that a line reads as another.
Source: Unicode Standard Annex 9, "Unicode Bidirectional Algorithm", section 2."""
_STEERS = re.compile(f"[{C0}{STEERING}]")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
NOTHING = "-"


def safe(text: str) -> str:
    """Text from outside without what steers a terminal: names and labels come from anybody."""
    return _STEERS.sub("\N{REPLACEMENT CHARACTER}", text)


def clock(at: datetime) -> str:
    """The time of day in UTC, to the tenth of a second."""
    utc = at.astimezone(UTC)
    return f"{utc:%H:%M:%S}.{utc.microsecond // 100_000}"


def when(at: datetime) -> str:
    """The date and time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def span(seconds: float) -> str:
    """A length of time, as exact as it is worth at its size: `0.4 s`, `12 s`, `4m 05s`, `2h 01m`.

    Seconds may be negative: clocks differ.
    """
    if seconds < 0:
        return f"-{span(-seconds)}"
    if seconds < 10:  # noqa: PLR2004 - a tenth matters only while there are few
        return f"{int(seconds * 10) / 10:.1f}s"
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d {whole % _DAY // _HOUR:02}h"


def ago(at: datetime, now: datetime) -> str:
    """How long ago that was."""
    return span(max(0.0, (now - at).total_seconds()))


def value(of: object) -> str:
    """Any field of a row as text."""
    match of:
        case None | "" | ():
            return NOTHING
        case datetime():
            return f"{when(of)} UTC"
        case tuple():
            return safe(", ".join(of))
    return safe(str(of))
