"""Compares the rows of an export with its streams: `replay verify FILE`. Nothing else is read."""

from collections.abc import Iterable, Iterator, Mapping

from cli.replay.drift import Drift, Kind, Tally
from cli.replay.rows import difference
from cli.streams.exported import ExportedStream
from shared.domain.projection import RunnerRow
from shared.domain.state import State
from shared.domain.stream import NoSuchStream
from shared.domain.unreadable import Unreadable


def drift_of_export(streams: Iterable[ExportedStream], tally: Tally) -> Iterator[Drift]:
    """Yield each row that differs from what its stream gives.

    A file that was exported while the fleet was at work may have newer rows than events.
    """
    for one in streams:
        for found in _drift(one, tally):
            tally.add(found)
            yield found
        tally.seen()


def _drift(exported: ExportedStream, tally: Tally) -> Iterator[Drift]:
    given: Mapping[str, RunnerRow] = {}
    if exported.stored.recorded or exported.stored.problem:
        try:
            history = exported.stored.history()
            given = history.rows
        except NoSuchStream:
            return
        except Unreadable as error:
            problem = error.problem
            yield Drift(key=error.key, kind=Kind.UNREADABLE, problem=problem, repairable=False)
            return
        tally.streams += isinstance(history.state, State)
        tally.rows += len(given)
    for runner_id, row in given.items():
        found = difference(row, exported.rows.get(runner_id))
        if found is not None:
            yield found
    for runner_id in exported.rows.keys() - given.keys():
        yield Drift(key=runner_id, kind=Kind.UNKNOWN)
