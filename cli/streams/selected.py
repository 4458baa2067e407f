"""Reads all that a selection is about: the streams of its jobs, and those of their images."""

from collections.abc import Iterable, Iterator

from cli.analysis.builds import ImageBuild, image_builds, tags_of_days
from cli.analysis.found import Found
from cli.analysis.jobs import job_records
from cli.analysis.usage import Period
from cli.selection import Selection
from cli.streams.period import read_streams, rows_of_period, streams_of
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from shared.ports import Clock, EventLog, RunnersTable


def read_selected(log: EventLog, table: RunnersTable, clock: Clock, selection: Selection) -> Found:
    """Return the jobs of a selection, and the builds of the images that they waited for or ran."""
    now = clock.now()
    unreadable: list[Unreadable] = []
    rows = list(rows_of_period(table, selection.since, selection.until, selection.accepts))
    jobs = tuple(job_records(streams_of(log, rows), now, unreadable))
    builds = tuple(_builds(log, rows, selection, unreadable))
    names = dict.fromkeys(error.stream or error.key for error in unreadable)
    return Found(selection=selection, now=now, jobs=jobs, builds=builds, unreadable=tuple(names))


def _builds(
    log: EventLog,
    rows: Iterable[RunnerRow],
    selection: Selection,
    unreadable: list[Unreadable],
) -> Iterator[ImageBuild]:
    """Yield the builds that began in the period.

    The streams of the days name images that no runner was launched from. They are read only
    without filters, since they do not name the jobs.
    """
    period = Period(selection.since, selection.until)
    tags = dict.fromkeys(row.image_tag for row in rows if row.image_tag)
    if not selection.is_filtered:
        days = (StreamId.of_builds(day.begin.date()) for day in period.days())
        tags |= tags_of_days(read_streams(log, days), unreadable)
    streams = read_streams(log, map(StreamId.of_image, tags))
    for build in image_builds(streams, unreadable):
        if period.has(build.intended_at):
            yield build
