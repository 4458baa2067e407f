"""Writes a chart as a trace that ui.perfetto.dev and chrome://tracing open. Pure.

Repositories are processes, runners threads, phases complete events (`X`), incidents instant events
(`i`) and swaps flow events (`s`, `f`): from the runner that the displaced job had waited for, until
then, to the one that it got, from then on. Slots in use and waiting jobs are counters (`C`) of a
process of their own.

Source: Google, "Trace Event Format", "JSON Object Format" and "Event Descriptions",
https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU: times and durations
in microseconds, `s` the scope of an instant event, `bp` that a flow ends in the enclosing slice.
Perfetto's trace processor reads it so: a counter is named by its event and its argument, with a
space between them (`json_trace_parser_impl.cc`), and a flow leads to the slice that begins later,
whichever end that is (`flow_tracker.cc`).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cli.chart.model import Bar, Chart, Count, Row, Swap
from cli.render.text import safe

_FLEET = 1
"""The process of the counters."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Event = dict[str, Any]


def trace(chart: Chart) -> str:
    """Return the trace as a JSON object."""
    value = {
        "traceEvents": list(_events(chart)),
        "displayTimeUnit": "ms",
        "otherData": {"since": chart.since, "until": chart.until, "now": chart.now},
    }
    return msgspec.json.encode(value).decode()


def _events(chart: Chart) -> Iterator[Event]:
    repositories = sorted({row.repository for row in chart.rows})
    processes = {name: number for number, name in enumerate(repositories, start=_FLEET + 1)}
    threads = {row.id: number for number, row in enumerate(reversed(chart.rows), start=1)}
    yield _metadata("process_name", _FLEET, name="fleet")
    yield from _counter("slots", "in use", chart.slots)
    yield from _counter("jobs", "waiting", chart.waiting)
    for name, process in processes.items():
        yield _metadata("process_name", process, name=safe(name) or "unknown repository")
    places = {
        row.id: {"pid": processes[row.repository], "tid": threads[row.id]} for row in chart.rows
    }
    rows = {row.id: row for row in chart.rows}
    for row in chart.rows:
        yield from _row(row, places[row.id], chart.now)
    for number, swap in enumerate(chart.swaps, start=1):
        yield from _flow(swap, number, rows, places)


def _metadata(kind: str, pid: int, tid: int = 0, **args: object) -> Event:
    return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "ts": 0, "args": args}


def _counter(name: str, series: str, counts: Iterable[Count]) -> Iterator[Event]:
    for one in counts:
        at = _microseconds(one.at)
        yield {
            "ph": "C",
            "name": name,
            "pid": _FLEET,
            "tid": 0,
            "ts": at,
            "args": {series: one.value},
        }


def _row(row: Row, place: Event, now: datetime) -> Iterator[Event]:
    yield _metadata("thread_name", **place, name=safe(row.id))
    yield _metadata("thread_sort_index", **place, sort_index=place["tid"])
    for bar in row.bars or row.waits:
        yield _slice(bar, row, place, now)
    for one in row.incidents:
        kind = "notice" if one.is_notice else "fault"
        args = {"reason": safe(one.reason), "job": row.job_id}
        at = _microseconds(one.at)
        yield {"ph": "i", "name": one.kind, "cat": kind, **place, "ts": at, "s": "t", "args": args}


def _slice(bar: Bar, row: Row, place: Event, now: datetime) -> Event:
    start = _microseconds(bar.start)
    return {
        "ph": "X",
        "name": safe(bar.name),
        "cat": bar.kind,
        **place,
        "ts": start,
        "dur": _microseconds(bar.end or now) - start,
        "args": {
            "reason": safe(bar.why),
            "job": row.job_id,
            "ran_job": row.ran_job_id,
            "workflow": safe(row.workflow),
            "job_name": safe(row.job_name),
            "class": row.class_name,
            "has_ended": bar.end is not None,
        },
    }


def _flow(
    swap: Swap, number: int, rows: dict[str, Row], places: dict[str, Event]
) -> Iterator[Event]:
    """Yield the two ends of a swap, if both runners are shown and the times are in their phases.

    It begins in the last phase of the taken runner before the swap, and ends in the first phase of
    the other one that begins then or later, so that readers see it lead forward in time.
    """
    taken, spare = rows.get(swap.runner_id), rows.get(swap.spare_runner_id or "")
    if not swap.is_spare_given or taken is None or spare is None:
        return
    before = [bar for bar in taken.bars if bar.start < swap.at]
    after = [bar for bar in spare.bars if bar.start >= swap.at]
    if not before or not after:
        return
    common = {"name": "swap", "cat": "swap", "id": number}
    args = {"job": swap.job_id, "displaced_job": swap.displaced_job_id}
    begin, end = _microseconds(before[-1].start), _microseconds(after[0].start)
    yield {"ph": "s", **common, **places[taken.id], "ts": begin, "args": args}
    yield {"ph": "f", "bp": "e", **common, **places[spare.id], "ts": end, "args": args}


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
