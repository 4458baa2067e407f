"""What to do about a stream now, and which consumer has pending work.

Pure: state, time and policy are arguments. Each kind of stream has one ordered table of rules. The
queue consumers and the Janitor use the same tables, so the fast path and the watchdog are one loop.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from shared.domain.actions import Action, Nothing, Role, Wait
from shared.domain.image import rules as image_rules
from shared.domain.image.builds import Builds
from shared.domain.image.state import Image
from shared.domain.job import rules as job_rules
from shared.domain.notice import rules as notice_rules
from shared.domain.pairing import rules as pairing_rules
from shared.domain.policy import Policy
from shared.domain.runner import rules as runner_rules
from shared.domain.slot import rules as slot_rules
from shared.domain.state import State
from shared.domain.stop import rules as stop_rules

Rule = Callable[[State, datetime, Policy], Action | None]

RULES: tuple[tuple[Role, Rule], ...] = (
    # Where webhooks leave the job's status open, GitHub's answer comes before everything else.
    (Role.RECONCILER, job_rules.check_job),
    # Who waits for whom comes before what follows from it: stops, slots, launches.
    (Role.RECONCILER, pairing_rules.assign),
    (Role.RECONCILER, pairing_rules.record_finish),
    (Role.RECONCILER, pairing_rules.end_pairing_of_job),
    (Role.RECONCILER, pairing_rules.end_pairing_of_runner),
    # An idle runner that GitHub has removed is no runner to wait for.
    (Role.RECONCILER, runner_rules.check_registration),
    # What is over gives back what others wait for: a plan, the circuit, a slot.
    (Role.RECONCILER, runner_rules.drop_plan),
    (Role.RECONCILER, slot_rules.close_circuit),
    (Role.RECONCILER, slot_rules.free_slot),
    # Stopping, in the order that spares a busy runner: the intent, GitHub, then ECS.
    (Role.RECONCILER, stop_rules.intend_stop),
    (Role.RECONCILER, stop_rules.deregister),
    (Role.RECONCILER, stop_rules.stop_task),
    # New capacity: plan, intend, launch. A plan comes after all that could make it needless.
    (Role.RECONCILER, runner_rules.plan_launch),
    (Role.SCHEDULER, runner_rules.intend_launch),
    (Role.SCHEDULER, runner_rules.launch),
    # Nobody waits for these.
    (Role.RECONCILER, runner_rules.delete_config),
    (Role.RECONCILER, notice_rules.send_notice),
)
"""The rules of a job's stream: the first that applies to the asking role wins."""

AnyState = State | Image | Builds


def _rules(state: AnyState) -> Sequence[tuple[Role, Any]]:
    """The rules of a stream of that kind; nothing is ever to be done about a day's builds."""
    if isinstance(state, State):
        return RULES
    return image_rules.RULES if isinstance(state, Image) else ()


def pending_actions(
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
    return next(pending_actions(state, now, policy, roles), Nothing())


def pending_roles(state: AnyState, now: datetime, policy: Policy) -> tuple[Role, ...]:
    """The roles that have something to do, now or at a known time."""
    return tuple(
        role for role in Role if not isinstance(next_action(state, now, policy, (role,)), Nothing)
    )
