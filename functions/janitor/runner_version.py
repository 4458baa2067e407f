"""The sweep of the runner's version: reads when GitHub stops giving jobs to it, once a day.

GitHub Enterprise Cloud and github.com have a schedule for each version; an Enterprise Server has
none. Source: GitHub's OpenAPI description of GitHub Enterprise Cloud, "Get runner version
end-of-life schedule". It finds nothing to repair: the alarm of its metric informs the operator.
"""

from datetime import date, datetime

import msgspec
from msgspec import Struct

from functions.janitor.repositories import served_repositories
from functions.janitor.sweep import Janitor, Swept, is_hour_of
from shared.ports import Checkpoint, Refused

METRIC = "RunnerVersionDaysLeft"
"""Whole days until GitHub gives no more jobs to the version; negative afterwards."""
MEASURING = 0
"""The hour in which the metric is sent. See `is_hour_of`."""
_NAME = "runner-version"


class Schedule(Struct, frozen=True, kw_only=True):
    """What GitHub answered on a day. `ends_at` is None if it has not scheduled an end."""

    version: str
    read_on: date
    ends_at: datetime | None = None


def runner_version(janitor: Janitor) -> Swept:
    """Send the number of days that are left for the runner's version, if its end is scheduled."""
    if not janitor.runner_version or not is_hour_of(MEASURING, janitor.now()):
        return Swept()
    ends_at = _schedule(janitor).ends_at
    if ends_at is not None:
        janitor.measure(METRIC, (ends_at - janitor.now()).days)
    return Swept()


def _schedule(janitor: Janitor) -> Schedule:
    """Return the schedule that was read today, or read it."""
    kept = janitor.checkpoints.read(_NAME)
    known, today = _decode(kept.text), janitor.now().date()
    if known is not None and (known.version, known.read_on) == (janitor.runner_version, today):
        return known
    read = Schedule(version=janitor.runner_version, read_on=today, ends_at=_ends_at(janitor))
    text = msgspec.json.encode(read).decode()
    janitor.checkpoints.write(_NAME, Checkpoint(text=text, version=kept.version))
    return read


def _ends_at(janitor: Janitor) -> datetime | None:
    """Return GitHub's answer at one scope of the fleet; any has the same schedule."""
    places = [one.name for one in janitor.scopes.shared()] or served_repositories(janitor)
    for place in places[:1]:
        try:
            return janitor.deps.registrations.version_ends_at(place, janitor.runner_version)
        except Refused:  # GitHub does not know the version, or has no schedules
            return None
    return None


def _decode(text: str) -> Schedule | None:
    """Return the schedule in a checkpoint, or None if there is none that can be read."""
    try:
        return msgspec.json.decode(text, type=Schedule)
    except msgspec.DecodeError:
        return None
