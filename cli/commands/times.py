"""Arguments that are times: `24h`, `7d`, `14:05`, `2026-11-29`, `2026-11-29T14:05:00Z`."""

import re
from datetime import UTC, datetime, time, timedelta

import click

from cli.commands.options import fleet_of

ALLOWED = (
    "how long ago (90s, 30m, 24h, 7d), a time of today (14:05 or 14:05:30), a date (2026-11-29) "
    "or a date and time (2026-11-29T14:05), in UTC unless an offset is added"
)
_AGO = re.compile(r"(\d{1,6})\s*([smhdw])(?:\s+ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Moment(click.ParamType[datetime]):
    """A time, absolute or before now, as a `datetime` in UTC."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the time that the text names."""
        if isinstance(value, datetime):
            return value
        now = fleet_of(ctx).clock.now() if ctx else datetime.now(UTC)
        found = moment(value, now)
        if found is None:
            self.fail(f"{value!r} is not a time; allowed: {ALLOWED}", param, ctx)
        return found


def moment(text: str, now: datetime) -> datetime | None:
    """Return the time that a text names, or None if it names none."""
    text = text.strip()
    if text.lower() == "now":
        return now
    ago = _AGO.fullmatch(text.lower())
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if re.fullmatch(r"\d\d:\d\d(:\d\d)?", text):
            return datetime.combine(now.date(), time.fromisoformat(text), tzinfo=UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
