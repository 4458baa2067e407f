"""How long the tasks of runners did what, cut to a period. Pure; durations in seconds.

A task begins with the intent to launch it, which the log has, and not with the pull of its image,
which it has not: a few seconds earlier. It ends when ECS reports that it has stopped.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from cli.history.phases import IDLE, ON_A_JOB, START, STOP
from shared.domain.projection import RunnerRow


class Period(NamedTuple):
    """The time from `begin`, inclusive, to `end`, exclusive, both in UTC."""

    begin: datetime
    end: datetime

    def has(self, at: datetime | None) -> bool:
        """Return whether a time is in the period."""
        return at is not None and self.begin <= at < self.end

    def days(self) -> Iterator["Period"]:
        """Yield the part of each day (UTC) that is in the period."""
        begin = self.begin
        while begin < self.end:
            midnight = begin.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            end = min(midnight + timedelta(days=1), self.end)
            yield Period(begin, end)
            begin = end


class Span(Struct, frozen=True, kw_only=True):
    """What a task did from `begin` to `end`: one of the names in `cli.history.phases`."""

    name: str
    begin: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """The duration."""
        return (self.end - self.begin).total_seconds()


class Usage(Struct, frozen=True, kw_only=True):
    """The seconds of some tasks by what they did.

    Attributes:
        starting: Seconds from the intent to launch to the running task.
        idle: Seconds from then to the start of the job.
        on_a_job: Seconds from the job's start to its end.
        stopping: Seconds from then to the end of the task.
    """

    starting: float = 0.0
    idle: float = 0.0
    on_a_job: float = 0.0
    stopping: float = 0.0

    @property
    def total(self) -> float:
        """The seconds of the tasks in all."""
        return self.starting + self.idle + self.on_a_job + self.stopping

    @property
    def utilisation(self) -> float | None:
        """The part of the time that was spent on jobs, from 0 to 1; None without a task."""
        return self.on_a_job / self.total if self.total else None


def spans(row: RunnerRow, now: datetime) -> tuple[Span, ...]:
    """Return what the runner's task did, in order and without gaps; nothing if it had no task."""
    if row.task_arn is None:
        return ()
    begins = (
        (START, row.launched_at),
        (IDLE, row.waiting_at),
        (ON_A_JOB, row.started_at),
        (STOP, row.completed_at),
    )
    return tuple(_in_order([(name, at) for name, at in begins if at], row.stopped_at or now))


def cut(found: Iterable[Span], period: Period) -> Iterator[Span]:
    """Yield the parts of spans that are within a period."""
    for span in found:
        begin, end = max(span.begin, period.begin), min(span.end, period.end)
        if begin < end:
            yield Span(name=span.name, begin=begin, end=end)


def by_day(found: Iterable[Span]) -> Mapping[str, list[Span]]:
    """Return the parts of spans by day (UTC, `2026-11-29`)."""
    days: dict[str, list[Span]] = {}
    for span in found:
        for begin, end in Period(span.begin, span.end).days():
            days.setdefault(day_of(begin), []).append(Span(name=span.name, begin=begin, end=end))
    return days


def day_of(at: datetime) -> str:
    """Return the day of a time (UTC, `2026-11-29`)."""
    return at.astimezone(UTC).date().isoformat()


def usage(found: Iterable[Span]) -> Usage:
    """Return the sum of spans."""
    seconds = dict.fromkeys((START, IDLE, ON_A_JOB, STOP), 0.0)
    for span in found:
        seconds[span.name] += span.seconds
    return Usage(
        starting=seconds[START],
        idle=seconds[IDLE],
        on_a_job=seconds[ON_A_JOB],
        stopping=seconds[STOP],
    )


def _in_order(begins: list[tuple[str, datetime]], end: datetime) -> Iterator[Span]:
    """Yield the spans between some times. Clocks differ: a time may be before its predecessor."""
    times: list[datetime] = []
    for _, at in begins:
        times.append(min(max([at, *times[-1:]]), end))
    ends = [*times[1:], end][: len(times)]
    for (name, _), begin, after in zip(begins, times, ends, strict=True):
        if begin < after:
            yield Span(name=name, begin=begin, end=after)
