"""The drive loop: read the stream, carry out the next action, record its outcome, repeat.

The queue consumers and the Janitor run the same loop with different roles. It is safe to run it at
any time, repeatedly or concurrently: the conditional append detects a conflict, and the loop then
decides again. A decision is made on streams alone. An effect calls another system, and its outcome
is recorded like a decision.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct

from shared.domain import actions as a
from shared.domain.commit_status import rules as commit_status
from shared.domain.decision import Decided, Given
from shared.domain.decisions import DECISIONS
from shared.domain.events import CommitStatusIntended, Event, Fact, RerunIntended
from shared.domain.next_action import pending_actions
from shared.domain.policy import Policy
from shared.domain.rerun import rules as rerun
from shared.domain.unreadable import Unreadable
from shared.engine.consequences import Inputs, following, nudging
from shared.engine.dependencies import Dependencies
from shared.engine.effects import EFFECTS
from shared.engine.leases import Leases, leases_of, own_launch
from shared.engine.transact import (
    AnyHistory,
    Decide,
    Follow,
    OnEvent,
    Route,
    Snapshot,
    Transacted,
    Transactor,
)
from shared.ports import Unavailable

STEPS = 60
"""Maximum number of appends in one drive. No stream needs as many; more mean a bug in a rule."""


class NoProgressError(RuntimeError):
    """The rules return an action that changes nothing, so the loop would not end."""


class Driven(Struct, frozen=True, kw_only=True):
    """The result of a drive.

    Attributes:
        appended: The events that it appended to the stream.
        retry_at: When to drive the stream again; None if nothing is pending.
        reason: Why it has to be driven again.
        unavailable: Another system was unavailable, so `retry_at` is the earliest sensible time.
    """

    appended: tuple[Event, ...] = ()
    retry_at: datetime | None = None
    reason: str = ""
    unavailable: bool = False


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Drives streams in `roles` as `actor`.

    Attributes:
        returns: The caller drives a stream again at its `retry_at`. Otherwise the consumers are
            nudged, which do.
        on_event: See `OnEvent`.
    """

    deps: Dependencies
    actor: str
    roles: Collection[a.Role]
    returns: bool = True
    on_event: OnEvent = field(default=lambda _before, _after, _event: None)

    def drive(
        self,
        stream: str,
        cause: str | None = None,
        leases: Leases | None = None,
        history: AnyHistory | None = None,
    ) -> Driven:
        """Carry out all actions on the stream that are pending now.

        Args:
            cause: The id of the event whose nudge caused this drive, for the timeline.
            leases: The launches that this consumer owns from before; none by default.
            history: The stream, if it was read before; it may be out of date.

        Raises:
            Conflict: too many conflicts in a row.
            NoSuchStream: the text is not a stream id.
            Refused: GitHub or AWS refused a call that is not part of a launch.
            Unavailable: the log can't be read.
            Unreadable: the stream or the counter can't be read.
        """
        drive = _Drive(driver=self, policy=self.deps.policy(), leases=dict(leases or {}))
        appended: list[Event] = []
        for _ in range(STEPS):
            try:
                done = self.transactor().transact(
                    stream,
                    drive.decide,
                    follow=drive.follow(),
                    route=self._route(drive.policy, stream),
                    cause=cause,
                    history=history,
                )
            except Unavailable as error:
                if not drive.has_read:
                    raise
                return Driven(
                    appended=tuple(appended),
                    retry_at=self.deps.clock.now() + timedelta(seconds=error.retry_after or 0.0),
                    reason=error.reason,
                    unavailable=True,
                )
            if not done.events:
                reason = "not yet" if drive.wait_until else ""
                return Driven(appended=tuple(appended), retry_at=drive.wait_until, reason=reason)
            history = done.history
            appended += done.events
            for event in done.events:
                drive.leases |= leases_of(history, event)
                drive.intends(event.fact)
        raise NoProgressError(f"{stream}: still not settled after {STEPS} steps")

    def transact(
        self, stream: str, decide: Callable[[Given], Decided | None], policy: Policy
    ) -> Transacted:
        """Record the caller's decision, and nudge the consumers that have pending work after it.

        Raises:
            See `Transactor.transact`.
        """
        return self.transactor().transact(
            stream,
            lambda snapshot: decide(self.given(snapshot, policy)),
            route=self._route(policy),
        )

    def record(self, stream: str, decide: Decide, route: Route) -> Transacted:
        """Record the caller's decision, and nudge the consumers that `route` returns.

        Raises:
            See `Transactor.transact`.
        """
        return self.transactor().transact(stream, decide, route=route)

    def given(self, snapshot: Snapshot, policy: Policy) -> Given:
        """Return the input of a decision, with the present time."""
        return self.inputs().given(snapshot, policy)

    def inputs(self) -> Inputs:
        """Return what the driver's decisions are made on."""
        deps = self.deps
        return Inputs(
            log=deps.log,
            waiting=deps.table.waiting,
            clock=deps.clock,
            on_unreadable=deps.on_unreadable,
        )

    def transactor(self) -> Transactor:
        """Return a transactor with the driver's actor."""
        deps = self.deps
        return Transactor(
            log=deps.log,
            clock=deps.clock,
            actor=self.actor,
            pause=deps.pause,
            on_event=self.on_event,
        )

    def _route(self, policy: Policy, driven: str | None = None) -> Route:
        """Nudge the consumers with pending work, but not for what this drive carries out itself."""

        def skip(history: AnyHistory, role: a.Role, action: a.Action) -> bool:
            mine = history.stream == driven and role in self.roles
            return mine and (self.returns or not isinstance(action, a.Wait))

        return nudging(self.deps.clock, policy, skip)


@dataclass(kw_only=True)
class _Drive:
    """The state of one drive: what it owns, and until when it has to wait.

    Attributes:
        leases: The launches that it owns.
        status_intended: The number of the commit status that it has intended itself.
        rerun_intended: The runner whose lost job it has intended itself to run again.
        has_effect: The present decision is the outcome of an effect.
    """

    driver: Driver
    policy: Policy
    leases: Leases
    status_intended: int | None = None
    rerun_intended: str | None = None
    wait_until: datetime | None = None
    has_read: bool = False
    has_effect: bool = False

    def follow(self) -> Follow:
        """Return the decisions that are appended with a decision.

        None is appended with an effect's outcome: the larger an append, the more likely is a
        conflict, after which the effect would be repeated.
        """
        driver = self.driver
        follow = following(driver.inputs(), self.policy, driver.roles, driver.actor, records=True)
        return Follow(lambda one: None if self.has_effect else follow.decide(one), follow.actor)

    def decide(self, snapshot: Snapshot) -> Decided | None:
        """Return the outcome of the first pending action that has one, or None.

        Raises:
            NoProgressError: the stream already holds that outcome.
        """
        given = self.driver.given(snapshot, self.policy)
        self.has_read, self.wait_until = True, None
        history, roles = snapshot.history, self.driver.roles
        for found in pending_actions(history.state, given.now, self.policy, roles):
            action = self._own(found, given.now)
            if isinstance(action, a.Wait):
                self.wait_until = self.wait_until or action.until
                continue
            decided = self._perform(given, action)
            if decided is None:
                continue
            if decided.id in history.ids:
                raise NoProgressError(f"{history.stream}: {decided.id} is already recorded")
            return decided
        return None

    def intends(self, fact: Fact) -> None:
        """Keep what this drive has intended itself, and so may carry out at once."""
        if isinstance(fact, CommitStatusIntended):
            self.status_intended = fact.number
        if isinstance(fact, RerunIntended):
            self.rerun_intended = fact.runner_id

    def _own(self, action: a.Action, now: datetime) -> a.Action:
        """Return the action, or what precedes it if another invocation may carry it out."""
        if isinstance(action, a.Launch):
            return own_launch(action, self.leases, now)
        if isinstance(action, a.CreateCommitStatus):
            is_own = action.status.number == self.status_intended
            return action if is_own else commit_status.take_over(action, now)
        if isinstance(action, a.RerunJobs):
            is_own = action.runner.id == self.rerun_intended
            return action if is_own else rerun.take_over(action, now)
        return action

    def _perform(self, given: Given, action: a.Action) -> Decided | None:
        """Make the decision or the effect; None if another stream that it needs can't be read."""
        try:
            decide = DECISIONS.get(type(action))
            self.has_effect = decide is None
            if decide is not None:
                return decide(given, action)
            return EFFECTS[type(action)](self.driver.deps, given, action)
        except Unreadable as error:
            if error.stream is None:
                raise
            given.on_unreadable(error)
            return None
