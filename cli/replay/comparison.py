"""Compares the runners table with the log in one pass over both, and repairs differences.

Each stream is folded, and its rows are compared with the stored ones, a batch of streams with one
request. Only streams in which something differs are read again. Events are not kept, only runner
ids, so memory does not grow with the events. Batches are compared and repaired by several workers.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from msgspec import Struct

from cli.replay.drift import Drift, Kind, Tally
from cli.replay.pace import Pace
from cli.replay.resume import Progress
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

Outcome = tuple[JobHistory | None, tuple[Drift, ...]]
"""A compared stream and its drift; without a history if it can't be read."""
BATCH = 100
"""Maximum number of rows that are compared with one request."""


class Options(Struct, frozen=True, kw_only=True):
    """How rows are compared.

    Attributes:
        repair: Whether drift is repaired.
        workers: How many batches are compared and repaired concurrently.
        pace: Limits the rows a second; None for no limit.
        progress: The jobs whose rows are not compared again unless their streams grew, and where
            others are added.
    """

    repair: bool = False
    workers: int = 1
    pace: Pace | None = None
    progress: Progress | None = None


def drift(
    streams: Iterable[StoredStream],
    log: EventLog,
    table: RunnersTable,
    tally: Tally,
    *,
    repair: bool = False,
    options: Options | None = None,
) -> Iterator[Drift]:
    """Yield each row that differs between log and table. With `repair`, each is repaired first.

    A stream that can't be read is one drift. Its rows are neither compared nor changed, and its
    slots are not counted.

    Args:
        streams: All streams of the log, each once.
        repair: Short for `options` with it alone.

    Raises:
        Conflict: a stream grew on each of many tries.
        Refused, Unavailable: the log or the table can't be read.
    """
    options = options or Options(repair=repair)
    for one in _Comparison(log, table, tally, options).drift(streams):
        tally.add(one)
        yield one


class _Comparison:
    def __init__(self, log: EventLog, table: RunnersTable, tally: Tally, options: Options) -> None:
        self._log = log
        self._table = table
        self._tally = tally
        self._repair = options.repair
        self._options = options
        self._done = options.progress.done if options.progress else dict[int, int]()
        self._known: set[str] = set()
        self._counter: Shards = counted(())
        self._whole = True

    def drift(self, streams: Iterable[StoredStream]) -> Iterator[Drift]:
        before, _ = self._table.counter()
        for outcomes in self._outcomes(self._batches(streams)):
            for one in outcomes:
                yield from self._recorded(one)
            self._add_done(outcomes)
        yield from self._foreign()
        damaged = tuple(damaged_parts(self._table, self._counter, repair=self._repair))
        yield from damaged
        if self._whole and (self._repair or not damaged):  # else unreadable parts count as zero
            yield from miscounted_slots(self._table, before, self._counter, repair=self._repair)

    def _batches(self, streams: Iterable[StoredStream]) -> Iterator[list[JobHistory | Drift]]:
        """Yield batches of histories, and of the streams that can't be read."""
        batch: list[JobHistory | Drift] = []
        rows = 0
        pace = self._options.pace
        most = BATCH if pace is None else min(BATCH, pace.rows_per_second)
        for stream in streams:
            read = self._read(stream)
            if read is None:
                continue
            found, size = read
            if batch and rows + size > most:
                yield batch
                batch, rows = [], 0
            batch.append(found)
            rows += size
        yield batch

    def _size(self, found: JobHistory | Drift) -> int:
        """Return the number of rows that have to be compared."""
        return 0 if isinstance(found, Drift) or self._is_done(found) else len(found.rows)

    def _is_done(self, history: JobHistory) -> bool:
        return self._done.get(history.state.job_id) == history.seq

    def _outcomes(self, batches: Iterator[list[JobHistory | Drift]]) -> Iterator[list[Outcome]]:
        """Yield the outcomes of batches, in their order. Few are under way at a time."""
        workers = self._options.workers
        if workers == 1:
            for batch in batches:
                self._take(batch)
                yield self._compared(batch)
            return
        under_way: deque[Future[list[Outcome]]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            try:
                for batch in batches:
                    self._take(batch)
                    under_way.append(pool.submit(self._compared, batch))
                    if len(under_way) > workers:
                        yield under_way.popleft().result()
                while under_way:
                    yield under_way.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _take(self, batch: list[JobHistory | Drift]) -> None:
        rows = sum(map(self._size, batch))
        if self._options.pace is not None and rows:
            self._options.pace.take(rows)

    def _read(self, stream: StoredStream) -> tuple[JobHistory | Drift, int] | None:
        """Return a job's history, or why it can't be read, and the number of rows to compare.

        None if it is no job's stream.
        """
        try:
            history = stream.history()
            if not isinstance(history.state, State):
                return None
            return history, self._size(history)
        except NoSuchStream:
            return None
        except Unreadable as error:
            return _unreadable(error), 0

    def _compared(self, batch: list[JobHistory | Drift]) -> list[Outcome]:
        """Return the drift of a batch of streams. Those whose rows are all equal are read once.

        If the table changes meanwhile, a row differs, and its stream is read again. It may run in
        any thread: it changes nothing but the table.
        """
        compared = [one for one in batch if isinstance(one, History) and not self._is_done(one)]
        rows = [row for one in compared for row in one.rows.values()]
        equal = self._table.stored_as(rows) if rows else frozenset[str]()
        return [self._outcome(one, equal) for one in batch]

    def _outcome(self, one: JobHistory | Drift, equal: frozenset[str]) -> Outcome:
        if isinstance(one, Drift):
            return None, (one,)
        if self._is_done(one):
            return one, ()
        try:
            return self._settled(one, equal)
        except Unreadable as error:
            return None, (_unreadable(error),)

    def _settled(
        self, history: JobHistory, equal: frozenset[str]
    ) -> tuple[JobHistory, tuple[Drift, ...]]:
        found: tuple[Drift, ...] = ()
        if not equal.issuperset(history.rows):
            history, found = settled(self._log, self._table, history)
        if found and self._repair:
            history, found = repaired(self._log, self._table, history, found)
        return history, found

    def _recorded(self, outcome: Outcome) -> tuple[Drift, ...]:
        """Count a stream, and return its drift."""
        history, found = outcome
        if history is None:
            self._whole = False
            return found
        self._known.update(history.rows)
        self._counter = added(self._counter, counted([history.state]))
        self._tally.streams += 1
        self._tally.rows += len(history.rows)
        self._tally.seen()
        return found

    def _add_done(self, outcomes: list[Outcome]) -> None:
        """Add the jobs whose rows are right now to the progress."""
        if self._options.progress is None:
            return
        self._options.progress.add(
            (history.state.job_id, history.seq)
            for history, found in outcomes
            if history is not None and all(one.repairable for one in found)
        )

    def _foreign(self) -> Iterator[Drift]:
        """Yield rows that are not in the log. Rows of an unreadable stream are left unchanged."""
        for runner_id in self._table.ids():
            self._tally.seen()
            try:
                if runner_id in self._known or self._given(runner_id):
                    continue
                if self._repair:
                    if self._options.pace is not None:
                        self._options.pace.take(1)
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


def _unreadable(error: Unreadable) -> Drift:
    return Drift(key=error.key, kind=Kind.UNREADABLE, problem=error.problem, repairable=False)
