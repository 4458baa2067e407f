"""The data of a chart as it is embedded in its page: compact, and readable by its script. Pure.

Times are milliseconds since `origin`, which is in milliseconds since the epoch; the end of what has
not ended is null. Texts are indices into `texts`. A row is five arrays:

- numbers: whether it has a runner, job, job that ran or null, begin, end, index of the story
- texts: id, runner that ran the job, status, outcome, repository, workflow, job's name, URL, class,
  capacity provider, labels
- phases of the job that waits: start, end, kind, name and reason of each, one after another
- phases of the runner, likewise
- incidents: time, kind, reason of each, and 1 for a notice

`limit` is `max_runners` if it is drawn, else null. A story has number, time, source, what and why
of each event, one after another; `slots` and `waiting` time and value. `swaps` have time, job, its
own runner, the runner that it took, the job that had waited for that one, and 1 if that job got the
first one's own runner; only those of which both runners are rows. `cli/pages/timeline/data.js`
reads it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cli.chart.kinds import Kind
from cli.chart.levels import drawn_limit
from cli.chart.model import Bar, Chart, Count, Incident, Row
from cli.history.timeline import Entry

_KINDS = list(Kind)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def embedded(chart: Chart, stories: Mapping[int, Sequence[Entry]]) -> str:
    """Return the data as JSON that can be embedded in HTML.

    Args:
        stories: The events of each job, by its id.
    """
    writer = _Writer(chart.begin)
    indices = {job_id: index for index, job_id in enumerate(stories)}
    value = {
        "origin": writer.origin,
        "begin": writer.time(chart.begin),
        "end": writer.time(chart.end),
        "now": writer.time(chart.now),
        "max_runners": chart.max_runners,
        "limit": drawn_limit(chart),
        "kinds": _KINDS,
        "rows": [writer.row(row, indices[row.job_id]) for row in chart.rows],
        "stories": [writer.story(entries) for entries in stories.values()],
        "swaps": list(writer.swaps(chart)),
        "slots": writer.level(chart.slots),
        "waiting": writer.level(chart.waiting),
        "texts": list(writer.texts),
    }
    return _harmless(msgspec.json.encode(value).decode())


def _harmless(json: str) -> str:
    """Return JSON without what ends or changes a script's text in HTML: `</script>`, `<!--`.

    Source: HTML Standard, 4.12.1.3, "Restrictions for contents of script elements".
    """
    return json.replace("<", r"\u003c")


class _Writer:
    """Writes parts of a chart with times from an origin on, and collects the texts."""

    def __init__(self, origin: datetime) -> None:
        self.origin = _milliseconds(origin)
        self.texts: dict[str, int] = {}

    def time(self, at: datetime | None) -> int | None:
        return None if at is None else _milliseconds(at) - self.origin

    def text(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def row(self, row: Row, story: int) -> list[Any]:
        numbers = [
            int(row.runner_id is not None),
            row.job_id,
            row.ran_job_id,
            self.time(row.begin),
            self.time(row.end),
            story,
        ]
        texts = (
            *(row.id, row.ran_on or "", row.status, row.outcome),
            *(row.repository, row.workflow, row.job_name, row.url),
            *(row.class_name, row.capacity, ", ".join(row.labels)),
        )
        return [
            numbers,
            list(map(self.text, texts)),
            self._bars(row.waits),
            self._bars(row.bars),
            self._incidents(row.incidents),
        ]

    def story(self, entries: Iterable[Entry]) -> list[int | None]:
        return [
            number
            for one in entries
            for number in (
                one.seq,
                self.time(one.at),
                *map(self.text, (one.actor, one.what, one.why)),
            )
        ]

    def swaps(self, chart: Chart) -> Iterator[int | None]:
        shown = {row.id for row in chart.rows}
        for one in chart.swaps:
            own = one.spare_runner_id
            if own in shown and one.runner_id in shown:
                yield self.time(one.at)
                yield from (one.job_id, self.text(own), self.text(one.runner_id))
                yield from (one.displaced_job_id, int(one.is_spare_given))

    def level(self, counts: Iterable[Count]) -> list[int | None]:
        return [number for one in counts for number in (self.time(one.at), one.value)]

    def _bars(self, bars: Iterable[Bar]) -> list[int | None]:
        return [
            number
            for bar in bars
            for number in (
                self.time(bar.start),
                self.time(bar.end),
                _KINDS.index(bar.kind),
                self.text(bar.name),
                self.text(bar.why),
            )
        ]

    def _incidents(self, incidents: Iterable[Incident]) -> list[int | None]:
        return [
            number
            for one in incidents
            for number in (
                self.time(one.at),
                self.text(one.kind),
                self.text(one.reason),
                int(one.is_notice),
            )
        ]


def _milliseconds(at: datetime) -> int:
    """Return milliseconds since the epoch, rounded down."""
    return (at - _EPOCH) // _MILLISECOND
