"""Formats times and durations, and removes control characters from text from outside. Pure."""

import re
from datetime import UTC, datetime

C0 = "\x00-\x1f"
STEERING = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Parts of a regular expression's class: control characters, and others that affect a terminal, as
DEL, C1 controls, line separators, and characters that change the direction of text.
Source: Unicode Standard Annex 9, "Unicode Bidirectional Algorithm", section 2."""
_STEERS = re.compile(f"[{C0}{STEERING}]")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
NOTHING = "-"


def safe(text: str) -> str:
    """Return text from outside without control characters, since anyone may choose a name."""
    return _STEERS.sub("\N{REPLACEMENT CHARACTER}", text)


def clock(at: datetime) -> str:
    """Return the time of day in UTC, to a tenth of a second."""
    utc = at.astimezone(UTC)
    return f"{utc:%H:%M:%S}.{utc.microsecond // 100_000}"


def when(at: datetime) -> str:
    """Return the date and time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def span(seconds: float) -> str:
    """Return a duration with a precision that suits its length: `0.4s`, `12s`, `4m 05s`, `2h 01m`.

    `seconds` may be negative, because clocks differ.
    """
    if seconds < 0:
        return f"-{span(-seconds)}"
    if seconds < 10:  # noqa: PLR2004 - tenths matter only below that
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
    """Return how long ago that was."""
    return span(max(0.0, (now - at).total_seconds()))


def value(of: object) -> str:
    """Return the value of a row's field as text."""
    match of:
        case None | "" | ():
            return NOTHING
        case datetime():
            return f"{when(of)} UTC"
        case tuple():
            return safe(", ".join(of))
    return safe(str(of))
