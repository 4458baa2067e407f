"""Returns the pending actions of a stream, and the consumers that have pending work.

Pure: state, time and policy are arguments. Each kind of stream has one ordered table of rules. The
queue consumers and the Janitor use the same tables, so the fast path and the watchdog are one loop.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from shared.domain.actions import Action, Nothing, Role, Wait
from shared.domain.commit_status import rules as commit_status_rules
from shared.domain.image import rules as image_rules
from shared.domain.image.builds import Builds
from shared.domain.image.state import Image
from shared.domain.job import rules as job_rules
from shared.domain.pairing import rules as pairing_rules
from shared.domain.policy import Policy
from shared.domain.rerun import rules as rerun_rules
from shared.domain.runner import rules as runner_rules
from shared.domain.slot import rules as slot_rules
from shared.domain.state import State
from shared.domain.stop import rules as stop_rules

Rule = Callable[[State, datetime, Policy], Action | None]

RULES: tuple[tuple[Role, Rule], ...] = (
    # If webhooks do not determine the job's status, it is read from GitHub before anything else.
    (Role.RECONCILER, job_rules.check_job),
    # Pairing comes first, because stops, slots and launches depend on it.
    (Role.RECONCILER, pairing_rules.assign),
    (Role.RECONCILER, pairing_rules.record_finish),
    (Role.RECONCILER, pairing_rules.end_pairing_of_job),
    (Role.RECONCILER, pairing_rules.end_pairing_of_runner),
    # No job should wait for an idle runner whose registration GitHub has removed.
    (Role.RECONCILER, runner_rules.check_registration),
    # Ended runners release what other jobs wait for: a plan, the circuit breaker, a slot.
    (Role.RECONCILER, runner_rules.drop_plan),
    (Role.RECONCILER, slot_rules.close_circuit),
    (Role.RECONCILER, slot_rules.free_slot),
    # Stops, in the order that protects a busy runner: the intent, GitHub, then ECS.
    (Role.RECONCILER, stop_rules.intend_stop),
    (Role.RECONCILER, stop_rules.deregister),
    (Role.RECONCILER, stop_rules.stop_task),
    # New capacity: plan, intend, launch. It follows all rules that could make it unnecessary.
    (Role.RECONCILER, runner_rules.plan_launch),
    (Role.SCHEDULER, runner_rules.intend_launch),
    (Role.SCHEDULER, runner_rules.launch),
    # No other action depends on these.
    (Role.RECONCILER, commit_status_rules.set_commit_status),
    (Role.RECONCILER, job_rules.cancel_run),
    (Role.RECONCILER, rerun_rules.record_loss),
    (Role.RECONCILER, rerun_rules.rerun),
)
"""The rules of a job's stream. For each role, the first rule that returns an action applies."""

AnyState = State | Image | Builds


def _rules(state: AnyState) -> Sequence[tuple[Role, Any]]:
    """Return the rules of a stream of that kind. A day's builds have none."""
    if isinstance(state, State):
        return RULES
    return image_rules.RULES if isinstance(state, Image) else ()


def pending_actions(
    state: AnyState, now: datetime, policy: Policy, roles: Collection[Role] = tuple(Role)
) -> Iterator[Action]:
    """Yield the pending actions of `roles`, in order; a `Wait` comes last."""
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
    """Return the next action of `roles`, `Wait` if it is too early for one, or `Nothing`."""
    return next(pending_actions(state, now, policy, roles), Nothing())


def pending_work(state: AnyState, now: datetime, policy: Policy) -> Iterator[tuple[Role, Action]]:
    """Yield the roles that have pending work, now or at a known time, with their next action."""
    found: dict[Role, Action] = {}
    waits: dict[Role, Action] = {}
    for role, rule in _rules(state):
        action = rule(state, now, policy) if role not in found else None
        if action is not None:
            (waits if isinstance(action, Wait) else found).setdefault(role, action)
    for role in Role:
        action = found.get(role) or waits.get(role)
        if action is not None:
            yield role, action
