"""The command `python -m benchmarks.fold`: how fast exported events are decoded, folded, verified.

The file is an export of simulated fleets, under faults and without: their jobs' streams with their
rows. Each step after the first decodes the lines anew. CPU time of one process, without any call of
AWS. For comparison, the library `eventsourcing` rebuilds aggregates from the same events.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import msgspec

from benchmarks.exports import exported_chunk
from benchmarks.figures import Figure, document, lines
from benchmarks.library import Library
from cli.replay.drift import Tally
from cli.replay.exported import drift_of_export
from cli.streams.jsonl import Chunk, streams_of
from shared.domain.next_action import pending_work
from tests.support.stories import POLICY, START

_SECONDS = 0.5
"""Minimum duration of a measurement."""
_PARSED, _DECODED, _DECIDED = "JSON parsed", "events decoded", "decoded, folded, next action"


def _decoded(chunk: Chunk) -> object:
    return [len(one.stored.recorded) for one in streams_of(chunk)]


def _decided(chunk: Chunk) -> object:
    histories = (one.stored.history() for one in streams_of(chunk))
    return [list(pending_work(one.state, START, POLICY)) for one in histories]


def _verified(chunk: Chunk) -> object:
    return list(drift_of_export(streams_of(chunk), Tally()))


def _rate(step: Callable[[], object], events: int) -> float:
    """Return the events a second of CPU."""
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < _SECONDS:
        step()
        done += events
    return done / spent


def _events(chunk: Chunk) -> list[Any]:
    """Return the parsed lines of events, without those of rows."""
    return [line for text in chunk.lines if "event" in (line := msgspec.json.decode(text))]


def _library(events: Iterable[Any]) -> Library:
    streams: dict[str, list[Any]] = {}
    for line in events:
        streams.setdefault(line["stream"], []).append(line["event"])
    return Library(streams)


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="print one document")
def main(*, as_json: bool) -> None:
    """Measure all steps and print them."""
    chunk = exported_chunk()
    events = _events(chunk)
    steps: Sequence[tuple[str, Callable[[], object], str]] = (
        (_PARSED, lambda: [msgspec.json.decode(text) for text in chunk.lines], ""),
        (_DECODED, lambda: _decoded(chunk), _PARSED),
        (_DECIDED, lambda: _decided(chunk), _DECODED),
        ("decoded, folded, verified", lambda: _verified(chunk), _DECODED),
        ("rebuilt by eventsourcing", _library(events).rebuild, _DECIDED),
    )
    figures = [
        Figure(name=name, value=_rate(step, len(events)), unit="events/s", floor=floor)
        for name, step, floor in steps
    ]
    click.echo(document(figures) if as_json else lines(figures))


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.fold")
