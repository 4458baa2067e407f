"""What to do about a stream now, and whose turn it is. Pure: state, now and policy go in.

One ordered table of rules a kind of stream; the first that applies to the asking role wins. The
queue consumers and the Janitor ask the same question, so there is one loop for the fast path and
the watchdog.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from shared.domain import image_rules
from shared.domain.actions import Action, Nothing, Role, Wait
from shared.domain.builds import Builds
from shared.domain.image import Image
from shared.domain.policy import Policy
from shared.domain.rules import capacity, checks, consequences, notices
from shared.domain.state import State

Rule = Callable[[State, datetime, Policy], Action | None]

RULES: tuple[tuple[Role, Rule], ...] = (
    (Role.RECONCILER, checks.check_job),
    (Role.RECONCILER, consequences.place),
    (Role.RECONCILER, consequences.tell_finished),
    (Role.RECONCILER, consequences.end_pairing_of_job),
    (Role.RECONCILER, consequences.end_pairing_of_runner),
    (Role.RECONCILER, checks.check_registration),
    (Role.RECONCILER, consequences.drop_plan),
    (Role.RECONCILER, consequences.close_circuit),
    (Role.RECONCILER, consequences.free_slot),
    (Role.RECONCILER, consequences.intend_stop),
    (Role.RECONCILER, consequences.deregister),
    (Role.RECONCILER, consequences.stop_task),
    (Role.RECONCILER, consequences.plan_launch),
    (Role.SCHEDULER, capacity.intend_launch),
    (Role.SCHEDULER, capacity.launch),
    (Role.RECONCILER, consequences.delete_config),
    (Role.RECONCILER, notices.send_notice),
)


AnyState = State | Image | Builds


def _rules(state: AnyState) -> Sequence[tuple[Role, Any]]:
    """The rules of a stream of that kind; nothing is ever to be done about a day's builds."""
    if isinstance(state, State):
        return RULES
    return image_rules.RULES if isinstance(state, Image) else ()


def actions(
    state: AnyState, now: datetime, policy: Policy, roles: Collection[Role] = tuple(Role)
) -> Iterator[Action]:
    """All that one of `roles` could do, in order; a `Wait` comes last."""
    waiting: Wait | None = None
    for role, rule in _rules(state):
        action = rule(state, now, policy) if role in roles else None
        if isinstance(action, Wait):
            waiting = waiting or action
        elif action is not None:
            yield action
    if waiting:
        yield waiting


def next_action(
    state: AnyState, now: datetime, policy: Policy, roles: Collection[Role] = tuple(Role)
) -> Action:
    """The next thing that one of `roles` should do, `Nothing`, or `Wait` if it is too early."""
    return next(actions(state, now, policy, roles), Nothing())


def turn(state: AnyState, now: datetime, policy: Policy) -> tuple[Role, ...]:
    """The roles that have something to do, now or at a known time."""
    return tuple(
        role for role in Role if not isinstance(next_action(state, now, policy, (role,)), Nothing)
    )
