"""Compares the runners table with the log in one pass over both, and repairs differences.

Each stream is folded, and its rows are compared with the stored ones, a batch of streams with one
request. Only streams in which something differs are read again. Events are not kept, only runner
ids, so memory does not grow with the events.
"""

from collections.abc import Iterable, Iterator

from cli.replay.drift import Drift, Kind, Tally
from cli.replay.rows import repaired, settled
from cli.replay.slots import Shards, added, damaged_parts, miscounted_slots
from cli.streams.stored import StoredStream
from shared.domain.history import History, JobHistory
from shared.domain.names import home_job
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import counted
from shared.domain.state import State
from shared.domain.stream import NoSuchStream, StreamId
from shared.domain.unreadable import Unreadable
from shared.engine.transact import load
from shared.ports import EventLog, RunnersTable

BATCH = 100
"""Maximum number of rows that are compared with one request."""


def drift(
    streams: Iterable[StoredStream],
    log: EventLog,
    table: RunnersTable,
    tally: Tally,
    *,
    repair: bool = False,
) -> Iterator[Drift]:
    """Yield each row that differs between log and table. With `repair`, each is repaired first.

    A stream that can't be read is one drift. Its rows are neither compared nor changed, and its
    slots are not counted.

    Args:
        streams: All streams of the log, each once.

    Raises:
        Conflict: a stream grew on each of many tries.
        Refused, Unavailable: the log or the table can't be read.
    """
    for one in _Comparison(log, table, tally, repair=repair).drift(streams):
        tally.add(one)
        yield one


class _Comparison:
    def __init__(self, log: EventLog, table: RunnersTable, tally: Tally, *, repair: bool) -> None:
        self._log = log
        self._table = table
        self._tally = tally
        self._repair = repair
        self._known: set[str] = set()
        self._counter: Shards = counted(())
        self._whole = True

    def drift(self, streams: Iterable[StoredStream]) -> Iterator[Drift]:
        before, _ = self._table.counter()
        for batch in self._batches(streams):
            yield from self._compared(batch)
        yield from self._foreign()
        damaged = tuple(damaged_parts(self._table, self._counter, repair=self._repair))
        yield from damaged
        if self._whole and (self._repair or not damaged):  # else unreadable parts count as zero
            yield from miscounted_slots(self._table, before, self._counter, repair=self._repair)

    def _batches(self, streams: Iterable[StoredStream]) -> Iterator[list[JobHistory | Drift]]:
        """Yield batches of histories, and of the streams that can't be read."""
        batch: list[JobHistory | Drift] = []
        rows = 0
        for stream in streams:
            found = self._read(stream)
            if found is None:
                continue
            size = len(found.rows) if isinstance(found, History) else 0
            if batch and rows + size > BATCH:
                yield batch
                batch, rows = [], 0
            batch.append(found)
            rows += size
        yield batch

    def _read(self, stream: StoredStream) -> JobHistory | Drift | None:
        """Return a job's history, or why it can't be read; None if it is no job's stream."""
        try:
            history = stream.history()
        except NoSuchStream:
            return None
        except Unreadable as error:
            return self._unreadable(error)
        return history if isinstance(history.state, State) else None

    def _unreadable(self, error: Unreadable) -> Drift:
        self._whole = False
        return Drift(key=error.key, kind=Kind.UNREADABLE, problem=error.problem, repairable=False)

    def _compared(self, batch: list[JobHistory | Drift]) -> Iterator[Drift]:
        """Yield the drift of a batch of streams. Those whose rows are all equal are not read again.

        If the table changes meanwhile, a row differs, and its stream is read again.
        """
        histories = [one for one in batch if isinstance(one, History)]
        equal = self._table.stored_as([row for one in histories for row in one.rows.values()])
        for one in batch:
            if isinstance(one, Drift):
                yield one
                continue
            try:
                history, found = self._settled(one, equal)
            except Unreadable as error:
                yield self._unreadable(error)
                continue
            self._count(history)
            yield from found

    def _settled(
        self, history: JobHistory, equal: frozenset[str]
    ) -> tuple[JobHistory, tuple[Drift, ...]]:
        found: tuple[Drift, ...] = ()
        if not equal.issuperset(history.rows):
            history, found = settled(self._log, self._table, history)
        if found and self._repair:
            history, found = repaired(self._log, self._table, history, found)
        return history, found

    def _count(self, history: JobHistory) -> None:
        self._known.update(history.rows)
        self._counter = added(self._counter, counted([history.state]))
        self._tally.streams += 1
        self._tally.rows += len(history.rows)
        self._tally.seen()

    def _foreign(self) -> Iterator[Drift]:
        """Yield rows that are not in the log. Rows of an unreadable stream are left unchanged."""
        for runner_id in self._table.ids():
            self._tally.seen()
            try:
                if runner_id in self._known or self._given(runner_id):
                    continue
                if self._repair:
                    self._remove(runner_id)
            except Unreadable:
                continue
            yield Drift(key=runner_id, kind=Kind.UNKNOWN)

    def _remove(self, runner_id: str) -> None:
        self._table.delete(runner_id)
        row = self._given(runner_id)
        if row:
            self._table.overwrite(row)

    def _given(self, runner_id: str) -> RunnerRow | None:
        """Return the row in the log now, since the runner may be newer than the first read."""
        if home_job(runner_id) is None:
            return None
        return load(self._log, StreamId.of_runner(runner_id)).rows.get(runner_id)
