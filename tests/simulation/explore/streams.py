"""The log: versions of streams, interned. Two histories on which nothing differs are one version.

A version stands for its length, the ids that it holds and its fold, without what no rule and no
deadline reads. It is kept as the events that were found first, and read by the product's code.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from shared.domain.events import Event, Recorded
from shared.domain.history import JobHistory, new_events, read_job, record
from shared.domain.job.state import Job, JobPhase
from shared.domain.runner.conditions import left_nothing
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot import counter as slots
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.engine import transact
from tests.simulation.explore.naming import Names, renamed
from tests.simulation.explore.world import moment

OWN, OTHER, JOBS = 1, 2, 10
_SEQ = re.compile(r"(/pairing-ended)/\d+$")


class Read(list[Recorded]):
    """The events of a version, as a port returns them, with the history that they make."""

    def __init__(self, history: JobHistory, events: Sequence[Recorded]) -> None:
        super().__init__(events)
        self.history = history


@contextmanager
def folded_once() -> Iterator[None]:
    """Return the stored fold of a version when the engine reads it.

    Each version is folded once, by the product's code, and not each time that a drive runs again.
    """
    whole = {name: getattr(transact, name) for name in ("read",)}

    def known(name: str) -> Callable[[Any, Iterable[Recorded]], Any]:
        def read(stream: Any, recorded: Iterable[Recorded]) -> Any:
            return recorded.history if isinstance(recorded, Read) else whole[name](stream, recorded)

        return read

    for name in whole:
        setattr(transact, name, known(name))
    try:
        yield
    finally:
        for name, read in whole.items():
            setattr(transact, name, read)


class Streams:
    """Every version of every stream that a search has met.

    Each list has a value for each version; `counts` are the slots that are held and awaited.
    """

    def __init__(self, *, by_relevance: bool = True) -> None:
        self._by_relevance = by_relevance
        self.histories: list[JobHistory] = []
        self.events: list[Read] = []
        self.due_at: list[datetime | None] = []
        self.counts: list[tuple[int, int]] = []
        self._known: dict[Any, int] = {}
        self._extended: dict[tuple[int, tuple[str, ...], tuple[Event, ...]], int] = {}
        self._renamed: dict[tuple[int, Names], int] = {}
        self._shapes: dict[Any, int] = {}
        self._shape: dict[int, int] = {}

    def empty(self, job: int) -> int:
        """A stream without events."""
        return self._intern(read_job(StreamId.of_job(job), ()), ())

    def extended(self, version: int, events: tuple[Event, ...]) -> int:
        """The version after those of `events` that it does not hold yet."""
        key = (version, tuple(one.id for one in events), events)
        found = self._extended.get(key)
        if found is None:
            before = self.histories[version]
            new = new_events(before, events)
            after = record(before, new)
            found = self._intern(after, (*self.events[version], *_recorded(before, new)))
            self._extended[key] = found
        return found

    def renamed(self, version: int, names: Names) -> int:
        """The same version under other names."""
        key = (version, names)
        found = self._renamed.get(key)
        if found is None:
            old = self.histories[version]
            events = [renamed(one.event, names) for one in self.events[version]]
            blank = read_job(StreamId.of_job(names[old.state.job_id]), ())
            found = self._intern(record(blank, events), _recorded(blank, events))
            self._renamed[key] = found
        return found

    def shape(self, version: int) -> int:
        """A number for what describes a version without naming jobs; equal for all renamed ones."""
        found = self._shape.get(version)
        if found is None:
            history = self.histories[version]
            names = [OTHER] * JOBS
            names[history.state.job_id] = OWN
            described = (history.seq, renamed(_relevant(history.state), tuple(names)))
            found = self._shape[version] = self._shapes.setdefault(described, len(self._shapes))
        return found

    def _intern(self, history: JobHistory, events: Sequence[Recorded]) -> int:
        exact = (history.stream, *(one.event for one in events))
        key = identity(history) if self._by_relevance else exact
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.histories)
            self.histories.append(history)
            self.events.append(Read(history, events))
            deadlines = [row.deadline for row in history.rows.values() if row.deadline]
            self.due_at.append(min(deadlines, default=None))
            shards = slots.counted([history.state])
            self.counts.append((sum(s.held for s in shards), sum(s.awaited for s in shards)))
        return found


def identity(history: JobHistory) -> tuple[Any, ...]:
    """What a version stands for: histories of a stream that agree in it are one version."""
    ids = frozenset(_SEQ.sub(r"\1", one) for one in history.ids)
    return history.stream, history.seq, ids, _relevant(history.state)


def job_of(stream: str) -> int:
    """The number of the job whose stream it is."""
    job = StreamId(stream).job_id
    assert job is not None, f"{stream} is no job's stream"
    return job


def _recorded(history: JobHistory, events: Iterable[Event]) -> list[Recorded]:
    return [
        Recorded(stream=history.stream, seq=history.seq + place, event=event, text="")
        for place, event in enumerate(events, 1)
    ]


def _relevant(state: State) -> State:
    """The state without texts, and with only those times that a rule or a deadline still reads."""
    runners = tuple(_relevant_runner(state.job, runner) for runner in state.runners)
    job = replace(
        state.job,
        started_at=_seen(state.job.started_at),
        completed_at=_seen(state.job.completed_at)
        if state.job.finish_recorded
        else state.job.completed_at,
        conclusion=None,
        reason=None,
    )
    return replace(state, job=job, runners=runners)


def _relevant_runner(job: Job, runner: Runner) -> Runner:
    phase = runner.phase
    closed = phase is RunnerPhase.CLOSED
    settled = closed and left_nothing(runner)
    if settled and job.phase is not JobPhase.QUEUED:
        runner = replace(runner, closed_at=_seen(runner.closed_at))
    stop = runner.stop and replace(runner.stop, reason="")
    if stop and closed:
        stop = replace(stop, intended_at=moment(0), sent_at=_seen(stop.sent_at))
    return replace(
        runner,
        planned_at=runner.planned_at if phase is RunnerPhase.PLANNED else moment(0),
        intended_at=_seen(runner.intended_at) if closed else runner.intended_at,
        launched_at=runner.launched_at
        if phase is RunnerPhase.LAUNCHED
        else _seen(runner.launched_at),
        running_at=runner.running_at if phase is RunnerPhase.IDLE else _seen(runner.running_at),
        taken_at=_seen(runner.taken_at),
        left_at=runner.left_at if phase is RunnerPhase.FINISHED else _seen(runner.left_at),
        stop=stop,
        busy_at=_seen(runner.busy_at) if closed else runner.busy_at,
        confirm_at=runner.confirm_at if phase is RunnerPhase.IDLE and runner.serves else None,
        served=runner.served and (runner.took is None or runner.serves is not None),
        awaits=runner.awaits and "",
        conclusion=None,
        reason=None,
        exit_code=None,
    )


@contextmanager
def one_shard() -> Iterator[None]:
    """Give all runners the same home shard, so that equal jobs stay exchangeable.

    Here shards would only distinguish names. The counter's contract suite covers their sum.
    """
    home = slots.home
    slots.home = lambda _: 0
    try:
        yield
    finally:
        slots.home = home


def _seen(at: datetime | None) -> datetime | None:
    return moment(0) if at else None
