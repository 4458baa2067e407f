"""The one loop: read the stream, ask what is next, do it, record what came of it, ask again.

The queue consumers and the Janitor all run it; they differ in their roles only. It is safe to run
it at any time, twice, or from two places at once: the log decides who was first, and the loser
decides anew.
"""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.domain import actions as a
from shared.domain.events import Event, LaunchIntended, LaunchResumed
from shared.domain.next_action import pending_actions, pending_roles
from shared.domain.policy import Policy
from shared.domain.runner.rules import resume
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.unreadable import Unreadable
from shared.engine.decided import Decided
from shared.engine.dependencies import Dependencies
from shared.engine.journal import AnyHistory, Entry, append, load
from shared.engine.perform import Step, perform
from shared.ports import Conflict, Unavailable

STEPS = 60
"""More than any stream needs in one go; beyond it the rules go round in circles: a bug."""
CONFLICTS = 20
"""How often one drive may lose a race. That is contention, not a bug."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
"""Seconds. A transaction holds its items for some 8 ms."""


class Lease(Struct, frozen=True):
    """An attempt to launch that a drive has to itself, as it was when the drive began it.

    `asked`: the drive has called ECS, and could not record the outcome: another event came first.
    """

    attempt: int
    resumes: int
    asked: bool = False


Leases = dict[str, Lease]
"""By runner."""


class NoProgressError(RuntimeError):
    """The rules ask for something that changes nothing. Raised rather than looped on."""


class Driven(Struct, frozen=True, kw_only=True):
    """What a drive did: the events it appended to the stream, and when to come back, and why.

    `unavailable`: something that it called is, so `retry_at` is the earliest time that makes sense.
    """

    appended: tuple[Event, ...] = ()
    retry_at: datetime | None = None
    reason: str = ""
    unavailable: bool = False


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Drives streams in `roles`, under the name `actor`. `on_event` sees each event appended."""

    deps: Dependencies
    actor: str
    roles: Collection[a.Role]
    on_event: Callable[[str, Event], None] = field(default=lambda _stream, _event: None)

    def drive(self, stream: str, cause: str | None = None) -> Driven:
        """Do all that can be done about the stream now.

        Args:
            cause: The id of the event whose nudge led here, for the timeline.

        Raises:
            Conflict: somebody else was faster, more than `CONFLICTS` times.
            NoSuchStream: the text is not the id of a stream.
            Refused: GitHub or AWS will not do something that is not a launch.
            Unavailable: the log can't be read or appended to.
            Unreadable: the stream or the counter holds what nothing of the fleet wrote.
        """
        policy = self.deps.policy()
        appended: list[Event] = []
        leases: Leases = {}
        history: AnyHistory | None = None
        steps = conflicts = 0
        while steps < STEPS:
            history = history or load(self.deps.log, stream)
            now = self.deps.clock.now()
            try:
                done = self._step(history, policy, now, cause, leases)
            except Conflict:
                conflicts += 1
                if conflicts > CONFLICTS:
                    raise
                self._pause(conflicts)
                history = None
                continue
            except Unavailable as error:
                return Driven(
                    appended=tuple(appended),
                    retry_at=self.deps.clock.now() + timedelta(seconds=error.retry_after or 0.0),
                    reason=error.reason,
                    unavailable=True,
                )
            if isinstance(done, Driven):
                return Driven(appended=tuple(appended), retry_at=done.retry_at, reason=done.reason)
            history, event = done
            appended.append(event)
            leases |= taken(history, event)
            steps += 1
        raise NoProgressError(f"{stream}: still not settled after {STEPS} steps")

    def record(
        self,
        history: AnyHistory,
        decided: Decided,
        policy: Policy,
        cause: str | None = None,
        *,
        goes_on: bool = True,
    ) -> tuple[AnyHistory, Event]:
        """Append what was decided to all streams concerned, and nudge who has pending work.

        Args:
            goes_on: Whether the caller drives the stream on, so that its own roles need no nudge.

        Raises:
            Conflict: a stream has grown, or the fleet's counter does not allow it.
        """
        event = Event(
            id=decided.step,
            at=decided.at or self.deps.clock.now(),
            recorded_at=self.deps.clock.now(),
            actor=self.actor,
            cause=cause,
            fact=decided.fact,
        )
        route = self._route(history.stream if goes_on else None, policy)
        others = (one for one in decided.streams if one.stream != history.stream)
        entries = [Entry(history=one, events=(event,), route=route) for one in (history, *others)]
        after = append(self.deps.log, entries, decided.guard)[0]
        if after.seq > history.seq:
            self.on_event(history.stream, event)
        return after, event

    def _step(
        self,
        history: AnyHistory,
        policy: Policy,
        now: datetime,
        cause: str | None,
        leases: Leases,
    ) -> Driven | tuple[AnyHistory, Event]:
        """Perform the first action with an outcome and append it; `Driven` if there is none.

        Args:
            leases: The runners whose launch this drive began or resumed; others' are left alone.
        """
        step = Step(deps=self.deps, history=history, policy=policy, now=now)
        waiting: Driven | None = None
        for found in pending_actions(history.state, now, policy, self.roles):
            action = _own(found, leases, now) if isinstance(found, a.Launch) else found
            if isinstance(action, a.Wait):
                waiting = waiting or Driven(retry_at=action.until, reason="not yet")
                continue
            decided = self._perform(step, action)
            if decided is None:
                continue
            after, event = self.record(history, decided, policy, cause)
            if after.seq == history.seq:
                raise NoProgressError(f"{history.stream}: {decided.step} is already recorded")
            return after, event
        return waiting or Driven()

    def _perform(self, step: Step, action: a.Nothing | a.Record | a.Effect) -> Decided | None:
        """See `perform`; an action that needs another stream is left out if that can't be read."""
        try:
            return perform(step, action)
        except Unreadable as error:
            if error.stream is None:
                raise
            self.deps.on_unreadable(error)
            return None

    def _pause(self, conflicts: int) -> None:
        """Wait before deciding anew: longer after each conflict, with full jitter."""
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (conflicts - 1))
        self.deps.pause(random.uniform(0, longest))  # noqa: S311 - only spreads load

    def _route(self, driven: str | None, policy: Policy) -> Callable[[AnyHistory], str | None]:
        """Whom to nudge after an append: who has pending work, but for what this drive does."""

        def route(history: AnyHistory) -> str | None:
            roles = pending_roles(history.state, self.deps.clock.now(), policy)
            mine = self.roles if history.stream == driven else ()
            others = [role.value for role in roles if role not in mine]
            return a.BOTH if len(others) > 1 else next(iter(others), None)

        return route


def taken(history: AnyHistory, event: Event) -> Leases:
    """The lease that an event gives to who appended it, if any."""
    if not isinstance(event.fact, LaunchIntended | LaunchResumed):
        return {}
    runner = history.state.runner(event.fact.runner_id)
    return {runner.id: _lease(runner)} if runner else {}


def holds(lease: Lease, runner: Runner) -> bool:
    """Whether nobody else has gone on with the attempt, and it has no outcome yet."""
    if runner.launched or runner.phase in (RunnerPhase.PLANNED, RunnerPhase.CLOSED):
        return False
    return replace(lease, asked=False) == _lease(runner)


def _lease(runner: Runner) -> Lease:
    return Lease(runner.plan.attempt if runner.plan else 0, runner.resumes)


def _own(action: a.Launch, leases: Leases, now: datetime) -> a.Action:
    """The launch, if the drive has it to itself; else what comes before it."""
    lease = leases.get(action.runner.id)
    if lease is None or not holds(lease, action.runner):
        return resume(action, now)
    leases[action.runner.id] = replace(lease, asked=True)
    uncertain = action.runner.uncertain or lease.asked
    return replace(action, runner=replace(action.runner, uncertain=uncertain))
