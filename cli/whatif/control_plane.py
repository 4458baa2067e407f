"""The control plane in memory: the domain's rules, decisions and fold on streams in virtual time.

It is what `shared.engine` does on AWS, without conflicts and crashes. An effect is a request to the
world outside, which returns its outcome at once or reports it later.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from msgspec.structs import replace

from cli.analysis.jobs import FAILING
from shared.domain import actions as a
from shared.domain import events as e
from shared.domain.decision import Decided, Given
from shared.domain.decisions import DECISIONS
from shared.domain.history import JobHistory, record
from shared.domain.next_action import pending_actions
from shared.domain.policy import Policy
from shared.domain.runner.deadlines import due
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot import decisions as slot
from shared.domain.slot.counter import Slots, applied, changed
from shared.domain.slot.state import Slot
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.domain.unreadable import refuse

Perform = Callable[[State, a.Action, datetime], e.Fact | None]
"""Carries an effect out: returns its outcome, or None if that is reported later or never."""
Wake = Callable[[StreamId, datetime | None], None]
"""Called with a stream that was settled, and when it has pending work again, if ever."""
PERIOD = timedelta(seconds=60)
"""Period of the Janitor, which acts on what has passed its deadline."""
STEPS = 200
"""Maximum number of appends in one go: more mean that the rules do not settle."""


class Unsettled(RuntimeError):
    """The rules return an action that changes nothing, or too many in a row: a bug in a rule."""


class ControlPlane:
    """The streams of all jobs that have not ended, and the slot counter.

    Args:
        may_begin: Returns when a planned launch may begin at the earliest.
    """

    def __init__(
        self,
        policy: Policy,
        perform: Perform,
        wake: Wake,
        may_begin: Callable[[Runner, datetime], datetime],
    ) -> None:
        self.policy = policy
        self.histories: dict[str, JobHistory] = {}
        self._perform = perform
        self._wake = wake
        self._may_begin = may_begin
        self._slots = Slots()
        self._waiting: list[tuple[datetime, int]] = []
        self._listed: set[int] = set()
        self._numbers = count(1)
        self._due: dict[StreamId, datetime] = {}
        self._failing: dict[StreamId, list[e.Event]] = {}

    def load(self, stream: str) -> JobHistory:
        """Return the history of a job's stream, which may be empty."""
        found = self.histories.get(stream)
        if found is None:
            name = StreamId(stream)
            found = JobHistory(stream=name, state=State(job_id=name.job_id or 0))
        return found

    def append(
        self, stream: StreamId, fact: e.Fact, now: datetime, at: datetime | None = None
    ) -> None:
        """Append a fact from outside. `at` is when it happened; None means now."""
        decided = Decided(id=f"outside/{next(self._numbers)}", fact=fact, at=at)
        self._append(self.load(stream), decided, now)

    def record(
        self, stream: StreamId, fact: e.Fact, now: datetime, at: datetime | None = None
    ) -> None:
        """Append a fact from outside, and carry out what follows. See `append`."""
        self.append(stream, fact, now, at)
        self.settle([stream], now)

    def settle(self, streams: Iterable[StreamId], now: datetime) -> None:
        """Carry out all actions that are pending on some streams, and on those that they change."""
        pending = deque(streams)
        seen: dict[StreamId, None] = {}
        for _ in range(STEPS):
            if not pending:
                break
            stream = pending[0]
            seen[stream] = None
            changed_streams = self._step(stream, now)
            if changed_streams is None:
                pending.popleft()
            else:
                pending.extend(one for one in changed_streams if one not in pending)
        else:
            raise Unsettled(f"{pending[0]} is not settled after {STEPS} steps")
        for stream in seen:
            self._note(self.load(stream), now)
            self._wake(stream, self._due.pop(stream, None))

    def _step(self, stream: StreamId, now: datetime) -> list[StreamId] | None:
        """Append the outcome of the first pending action; None if none has any now."""
        history = self.load(stream)
        given = self._given(history, now)
        self._due.pop(stream, None)
        for action in pending_actions(history.state, now, self.policy):
            if isinstance(action, a.Wait):
                self._wake_by(stream, action.until, now)
                continue
            decided = self._decided(given, action)
            if decided is None:
                continue
            if decided.id in history.ids:
                raise Unsettled(f"{stream}: {decided.id} is already recorded")
            return self._append(history, decided, now)
        return None

    def _decided(self, given: Given, action: a.Action) -> Decided | None:
        if isinstance(action, a.IntendLaunch):
            return self._intend(given, action)
        decide = DECISIONS.get(type(action))
        if decide is not None:
            return decide(given, action)
        fact = self._perform(given.history.state, action, given.now)
        return Decided(id=f"effect/{next(self._numbers)}", fact=fact) if fact else None

    def _intend(self, given: Given, action: a.IntendLaunch) -> Decided | None:
        """Begin a launch once its image, a slot and its turn at GitHub are there."""
        runner, now = action.runner, given.now
        begins = self._may_begin(runner, now)
        if begins > now:
            self._wake_by(given.history.stream, begins, now)
            return None
        admission = slot.admit(given, runner)
        if not isinstance(admission, slot.Admission):
            return admission
        turn = admission.turn
        if turn is None:
            limits, policy = self._slots.rate_limits, self.policy
            turn = limits.next_turn(now, policy.credentials, policy.launches_per_minute)
            self._slots = replace(self._slots, rate_limits=limits.taken(turn))
        return slot.intend(given, runner, action.fact, admission, turn)

    def _given(self, history: JobHistory, now: datetime) -> Given:
        return Given(
            history=history,
            now=now,
            policy=self.policy,
            load=self.load,
            slots=lambda: self._slots,
            waiting=self._jobs_waiting,
            on_unreadable=refuse,
        )

    def _append(self, history: JobHistory, decided: Decided, now: datetime) -> list[StreamId]:
        """Append a decision to all its streams, and change the counter with it."""
        event = e.Event(
            id=decided.id, at=decided.at or now, recorded_at=now, actor="what-if", fact=decided.fact
        )
        others = (one for one in decided.streams if one.stream != history.stream)
        before: list[JobHistory] = [history, *others]
        after = [one if event.id in one.ids else record(one, [event]) for one in before]
        moved = decided.guard is not None or _slots(before) != _slots(after)
        change = changed(_states(before), _states(after), decided.guard) if moved else None
        slots = applied(self._slots, change) if change else self._slots
        if slots is None:
            raise Unsettled(f"{history.stream}: {decided.id} breaks its condition on the counter")
        self._slots = slots
        if isinstance(event.fact, FAILING):
            self._failing.setdefault(history.stream, []).append(event)
        for one in after:
            self.histories[one.stream] = one
        return [one.stream for one in after]

    def _note(self, history: JobHistory, now: datetime) -> None:
        """Keep what the indexes of the runners table have: who waits for a slot, and deadlines."""
        runners = history.state.runners
        for one in runners:
            deadline = due(one, history.state.job, last=one is runners[-1])
            if deadline is not None:
                self._wake_by(history.stream, deadline, now)
        job = history.state.job
        runner = history.state.runner(job.paired)
        job_id = history.state.job_id
        awaits = runner is not None and runner.slot is Slot.AWAITED
        if awaits and job.arrived_at and job_id not in self._listed:
            self._listed.add(job_id)
            heappush(self._waiting, (job.arrived_at, job_id))

    def _wake_by(self, stream: StreamId, at: datetime, now: datetime) -> None:
        """Note when a stream has pending work: if that has passed, at the Janitor's next run."""
        at = at if at > now else now + PERIOD
        known = self._due.get(stream)
        self._due[stream] = at if known is None else min(at, known)

    def _jobs_waiting(self, most: int) -> list[int]:
        """Return at most that many jobs that wait for a slot, in order of arrival."""
        found: dict[int, datetime] = {}
        while self._waiting and len(found) < most:
            at, job_id = heappop(self._waiting)
            self._listed.discard(job_id)
            if slot.is_waiting(self.load(StreamId.of_job(job_id))):
                found[job_id] = at
        for job_id, at in found.items():
            heappush(self._waiting, (at, job_id))
        self._listed.update(found)
        return list(found)

    def forget(self, stream: StreamId) -> None:
        """Drop a stream that has ended."""
        self.histories.pop(stream, None)
        self._failing.pop(stream, None)

    def failing(self, stream: StreamId) -> list[e.Event]:
        """Return the events of a stream that are failures."""
        return self._failing.get(stream, [])

    def ended(self, stream: StreamId) -> bool:
        """Return whether a job has ended, and all runners that were launched for it."""
        state = self.load(stream).state
        over = state.job.completed_at is not None
        return over and all(one.phase is RunnerPhase.CLOSED for one in state.runners)


def _slots(histories: Iterable[JobHistory]) -> list[tuple[Slot, int | None]]:
    """Return what the counter counts. It is compared first, since most events do not change it."""
    return [(one.slot, one.shard) for state in _states(histories) for one in state.runners]


def _states(histories: Iterable[JobHistory]) -> Iterator[State]:
    return (one.state for one in histories)
