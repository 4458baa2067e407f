"""The one loop: read the stream, take the next action, record its outcome, and again.

The queue consumers and the Janitor all run it; they differ in their roles only. It is safe to run
it at any time, twice, or from two places at once: the log decides who was first, and the loser
decides anew. A decision is made on streams alone; an effect calls another system, and its outcome
is recorded as a decision is.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.domain import actions as a
from shared.domain.decision import Decided, Given
from shared.domain.decisions import DECISIONS
from shared.domain.events import Event, LaunchIntended, LaunchResumed
from shared.domain.next_action import pending_actions, pending_roles
from shared.domain.policy import Policy
from shared.domain.runner.rules import resume
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.unreadable import Unreadable
from shared.engine.dependencies import Dependencies
from shared.engine.effects import EFFECTS
from shared.engine.transact import AnyHistory, Decide, Route, Snapshot, Transacted, Transactor
from shared.ports import Unavailable

STEPS = 60
"""More than any stream needs in one go; beyond it the rules go round in circles: a bug."""


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

    def drive(self, stream: str, cause: str | None = None, leases: Leases | None = None) -> Driven:
        """Do all that can be done about the stream now.

        Args:
            cause: The id of the event whose nudge led here, for the timeline.
            leases: The launches that this consumer has to itself from before; none by default.

        Raises:
            Conflict: somebody else was faster, too often in a row.
            NoSuchStream: the text is not the id of a stream.
            Refused: GitHub or AWS will not do something that is not a launch.
            Unavailable: the log can't be read.
            Unreadable: the stream or the counter holds what nothing of the fleet wrote.
        """
        drive = _Drive(driver=self, policy=self.deps.policy(), leases=dict(leases or {}))
        appended: list[Event] = []
        history: AnyHistory | None = None
        for _ in range(STEPS):
            try:
                done = self.transactor().transact(
                    stream,
                    drive.decide,
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
            if done.event is None:
                reason = "not yet" if drive.wait_until else ""
                return Driven(appended=tuple(appended), retry_at=drive.wait_until, reason=reason)
            history = done.history
            appended.append(done.event)
            drive.leases |= taken(history, done.event)
        raise NoProgressError(f"{stream}: still not settled after {STEPS} steps")

    def transact(
        self, stream: str, decide: Callable[[Given], Decided | None], policy: Policy
    ) -> Transacted:
        """Record a decision of the caller's, and nudge whoever has pending work after it.

        Raises:
            See `Transactor.transact`.
        """
        return self.transactor().transact(
            stream,
            lambda snapshot: decide(self.given(snapshot, policy)),
            route=self._route(policy),
        )

    def record(self, stream: str, decide: Decide, route: Route) -> Transacted:
        """Record a decision of the caller's, and nudge as the caller says.

        Raises:
            See `Transactor.transact`.
        """
        return self.transactor().transact(stream, decide, route=route)

    def given(self, snapshot: Snapshot, policy: Policy) -> Given:
        """What is decided on, as it is now."""
        return Given(
            history=snapshot.history,
            now=self.deps.clock.now(),
            policy=policy,
            load=snapshot.load,
            slots=self.deps.log.slots,
            waiting=self.deps.table.waiting,
            on_unreadable=self.deps.on_unreadable,
        )

    def transactor(self) -> Transactor:
        """Changes the record under the driver's name."""
        deps = self.deps
        return Transactor(
            log=deps.log,
            clock=deps.clock,
            actor=self.actor,
            pause=deps.pause,
            on_event=self.on_event,
        )

    def _route(self, policy: Policy, driven: str | None = None) -> Route:
        """Nudge who has pending work; of the stream `driven` this driver does its own part."""

        def route(history: AnyHistory) -> str | None:
            roles = pending_roles(history.state, self.deps.clock.now(), policy)
            mine = self.roles if history.stream == driven else ()
            others = [role.value for role in roles if role not in mine]
            return a.BOTH if len(others) > 1 else next(iter(others), None)

        return route


@dataclass(kw_only=True)
class _Drive:
    """One run of the loop: which launches it began, and until when it has to wait."""

    driver: Driver
    policy: Policy
    leases: Leases
    wait_until: datetime | None = None
    has_read: bool = False

    def decide(self, snapshot: Snapshot) -> Decided | None:
        """The outcome of the first pending action that has one; None if there is none.

        Raises:
            NoProgressError: the stream holds that outcome already.
        """
        given = self.driver.given(snapshot, self.policy)
        self.has_read, self.wait_until = True, None
        history, roles = snapshot.history, self.driver.roles
        for found in pending_actions(history.state, given.now, self.policy, roles):
            action = _own(found, self.leases, given.now) if isinstance(found, a.Launch) else found
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

    def _perform(self, given: Given, action: a.Action) -> Decided | None:
        """Decide or call; an action that needs another stream is left out if it can't be read."""
        try:
            decide = DECISIONS.get(type(action))
            if decide is not None:
                return decide(given, action)
            return EFFECTS[type(action)](self.driver.deps, given, action)
        except Unreadable as error:
            if error.stream is None:
                raise
            given.on_unreadable(error)
            return None


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
