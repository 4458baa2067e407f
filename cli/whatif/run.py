"""Runs a recording's jobs again in virtual time, under a policy."""

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from msgspec import Struct

from cli.whatif.assumed import Durations
from cli.whatif.control_plane import ControlPlane
from cli.whatif.observed import Demand
from cli.whatif.outcome import Outcome, outcome_of
from cli.whatif.outside import Outside
from shared.domain.codec import decode
from shared.domain.events import Event, JobRejected
from shared.domain.job.state import JobPhase
from shared.domain.policy import Policy
from shared.domain.projection import project
from shared.domain.stream import StreamId

KEPT = timedelta(minutes=5)
"""How long a stream that has ended is kept for late facts. Memory grows with it: at 10 jobs a
second, each minute keeps 600 streams."""
AFTER = timedelta(days=2)
"""How long after the last event of the recording the run ends: GitHub keeps jobs for a day."""


@contextmanager
def without_collections() -> Iterator[None]:
    """Switch off the search for reference cycles. Runs make none, and it takes a fifth of them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Result(Struct, frozen=True, kw_only=True):
    """One job of a run, and how it went there."""

    demand: Demand
    outcome: Outcome


class Run:
    """One run, whose tasks are in `region`. `results` yields each job when it has ended."""

    def __init__(self, policy: Policy, durations: Durations, region: str = "") -> None:
        self._calls: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._numbers = count()
        self._wakes: dict[StreamId, datetime] = {}
        self._timers: dict[StreamId, datetime] = {}
        self._demands: dict[int, Demand] = {}
        self._ended: deque[tuple[datetime, int]] = deque()
        self._closed: set[int] = set()
        self._durations = durations
        self._now: datetime | None = None
        self._outside = Outside(durations, region, self._schedule, self._record, self._state)
        self._plane = ControlPlane(
            policy, self._outside.perform, self._wake, self._outside.may_begin
        )

    def results(self, demands: Iterable[Demand], until: datetime) -> Iterator[Result]:
        """Yield the result of each job, in the order of their ends.

        Args:
            demands: The jobs, in the order of `queued_at`.
            until: When the run ends; jobs that have not ended by then come last.
        """
        for demand in demands:
            yield from self._advance(demand.queued_at)
            self._offer(demand)
        yield from self._advance(until)
        for job_id in list(self._demands):
            yield self._result(job_id)

    def _advance(self, until: datetime) -> Iterator[Result]:
        """Make all calls up to a time, and yield the jobs that have ended meanwhile."""
        while self._calls and self._calls[0][0] <= until:
            at, _, call = heappop(self._calls)
            self._now = at
            call(at)
            while self._ended and self._ended[0][0] + KEPT <= at:
                yield self._result(self._ended.popleft()[1])

    def _offer(self, demand: Demand) -> None:
        """Let GitHub offer a job to runners, and send its webhooks when they arrived."""
        self._demands[demand.job_id] = demand
        self._schedule(demand.queued_at, lambda at: self._outside.offer(demand, at))
        stream = StreamId.of_job(demand.job_id)
        decide = self._durations.decide if demand.decide is None else demand.decide
        refused_at = max((at for at, _ in demand.refusals), default=demand.queued_at)
        for arrives_at, text in demand.arrivals:

            def arrive(now: datetime, event: Event = decode(text)) -> None:  # noqa: B008
                self._plane.append(stream, event.fact, now, event.at)
                decided_at = max(refused_at, now + timedelta(seconds=decide))
                self._schedule(decided_at, lambda at: self._settle(stream, at))

            self._schedule(arrives_at, arrive)
        for at, reason in demand.refusals:

            def refuse(now: datetime, reason: str = reason) -> None:
                if self._state(stream).job.phase is JobPhase.QUEUED:
                    self._record(stream, JobRejected(reason=reason), now)

            self._schedule(at, refuse)

    def _record(
        self, stream: StreamId, fact: Any, now: datetime, at: datetime | None = None
    ) -> None:
        self._plane.record(stream, fact, now, at)
        self._note_end(stream, now)

    def _settle(self, stream: StreamId, now: datetime) -> None:
        self._plane.settle([stream], now)
        self._note_end(stream, now)

    def _note_end(self, stream: StreamId, now: datetime) -> None:
        job_id = stream.job_id or 0
        if job_id in self._demands and job_id not in self._closed and self._plane.ended(stream):
            self._closed.add(job_id)
            self._ended.append((now, job_id))

    def _wake(self, stream: StreamId, at: datetime | None) -> None:
        """Settle a stream at a time. Its timer may ring earlier: deadlines mostly move on."""
        if at is None:
            self._wakes.pop(stream, None)
            return
        self._wakes[stream] = at
        timer = self._timers.get(stream)
        if timer is None or at < timer:
            self._set_timer(stream, at)

    def _set_timer(self, stream: StreamId, at: datetime) -> None:
        self._timers[stream] = at
        self._schedule(at, lambda then: self._ring(stream, then))

    def _ring(self, stream: StreamId, now: datetime) -> None:
        if self._timers.get(stream) != now:
            return
        del self._timers[stream]
        at = self._wakes.get(stream)
        if at is not None and at > now:
            self._set_timer(stream, at)
        elif at is not None:
            self._settle(stream, now)

    def _schedule(self, at: datetime, call: Callable[[datetime], None]) -> None:
        now = self._now or at
        heappush(self._calls, (max(at, now), next(self._numbers), call))

    def _state(self, stream: StreamId) -> Any:
        return self._plane.load(stream).state

    def _result(self, job_id: int) -> Result:
        stream = StreamId.of_job(job_id)
        history = self._plane.load(stream)
        failing = self._plane.failing(stream)
        demand = self._demands.pop(job_id)
        self._closed.discard(job_id)
        self._plane.forget(stream)
        self._wakes.pop(stream, None)
        self._outside.forget(job_id)
        rows = project({}, (history.state,), history.seq)
        outcome = outcome_of(history.state, rows, failing, demand.queued_at)
        return Result(demand=demand, outcome=outcome)
