"""The versions of projected rows: the events that last changed them, however events are read."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from shared.domain.codec import decode
from shared.domain.events import Event
from shared.domain.history import JobHistory, changed_rows, record
from shared.domain.projection import RunnerRow
from shared.domain.state import State
from shared.domain.stream import StreamId
from tests.histories.files import Files

FILES = Files()


def _job_streams(name: str) -> Iterator[tuple[JobHistory, list[Event]]]:
    """Yield each job's stream as its empty history and its events."""
    for stream, texts in FILES.recording(name).streams.items():
        job_id = StreamId(stream).job_id
        if job_id is not None:
            empty = JobHistory(stream=StreamId(stream), state=State(job_id=job_id))
            yield empty, [decode(text) for text in texts]


def _one_by_one(history: JobHistory, events: list[Event]) -> dict[str, RunnerRow]:
    """Return the rows with the number of the last event after which each was another row."""
    rows: dict[str, RunnerRow] = {}
    for seq, event in enumerate(events, start=1):
        history = record(history, [event])
        for runner_id, row in history.rows.items():
            old = rows.get(runner_id)
            if old is None or replace(row, version=0) != replace(old, version=0):
                rows[runner_id] = replace(row, version=seq)
    return rows


@pytest.mark.parametrize("rows_are_read_between", [True, False])
@pytest.mark.parametrize("name", FILES.names())
def test_a_row_has_the_same_version_however_its_events_are_recorded(
    name: str, *, rows_are_read_between: bool
) -> None:
    for empty, events in _job_streams(name):
        expected = _one_by_one(empty, events)
        for cut in range(len(events) + 1):
            first = record(empty, events[:cut])
            if rows_are_read_between:
                assert first.rows.keys() <= expected.keys()
            second = record(first, events[cut:])
            assert second.rows == expected
            changed = [row for row in expected.values() if row.version > cut]
            assert changed_rows(first, second) == changed
