"""What follows from a fact: the decisions that are made with it, and whom its append nudges."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from shared.domain import actions as a
from shared.domain.decision import Decided, Given
from shared.domain.decisions import DECISIONS
from shared.domain.next_action import pending_actions, pending_work
from shared.domain.policy import Policy
from shared.domain.state import State
from shared.domain.unreadable import Unreadable
from shared.engine.transact import AnyHistory, Follow, Route, Snapshot
from shared.ports import Clock, EventLog

Skip = Callable[[AnyHistory, a.Role, a.Action], bool]
"""Whether nobody has to be nudged for the pending action of a role."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What decisions are made on besides the stream: the log, the jobs that wait, the time.

    Attributes:
        waiting: See `Given.waiting`.
        on_unreadable: See `Given.on_unreadable`.
    """

    log: EventLog
    waiting: Callable[[int], Iterable[int]]
    clock: Clock
    on_unreadable: Callable[[Unreadable], None]

    def given(self, snapshot: Snapshot, policy: Policy) -> Given:
        """Return the input of a decision, with the present time."""
        return Given(
            history=snapshot.history,
            now=self.clock.now(),
            policy=policy,
            load=snapshot.load,
            slots=self.log.slots,
            waiting=self.waiting,
            on_unreadable=self.on_unreadable,
        )


def following(
    inputs: Inputs, policy: Policy, roles: Collection[a.Role], actor: str, *, records: bool
) -> Follow:
    """Return the decisions of `roles` that follow at once, up to the first effect or wait.

    Args:
        records: Whether `Record` actions follow, too. Who appends one goes on with what it begins,
            such as the effect after an intent.
    """

    def decide(snapshot: Snapshot) -> Decided | None:
        if not isinstance(snapshot.history.state, State):
            return None
        given = inputs.given(snapshot, policy)
        for action in pending_actions(given.history.state, given.now, policy, roles):
            decide = DECISIONS.get(type(action))
            if decide is None or (isinstance(action, a.Record) and not records):
                return None
            decided = decide(given, action)
            if decided is not None:
                return None if decided.id in given.history.ids else decided
        return None

    return Follow(decide, actor)


def nudging(clock: Clock, policy: Policy, skip: Skip = lambda *_: False) -> Route:
    """Return the route to the consumers with pending work, without what is to be skipped."""

    def route(history: AnyHistory) -> str | None:
        work = pending_work(history.state, clock.now(), policy)
        roles = [role.value for role, action in work if not skip(history, role, action)]
        return a.BOTH if len(roles) > 1 else next(iter(roles), None)

    return route
