"""What stored events mean to today's code, as names: phases, statuses, actions. Pure.

The only module that reads states, rows and actions for recorded histories. It depends on their
names alone, so that only a change of meaning changes what it returns.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.domain import history
from shared.domain.actions import Action, Role
from shared.domain.events import Recorded, Unknown
from shared.domain.next_action import pending_actions
from shared.domain.policy import Policy

LATER = timedelta(days=1)
"""When all deadlines of a recorded history have passed."""


def meaning(stream: str, recorded: Sequence[Recorded], policy: Policy) -> dict[str, Any]:
    """Return what the stream means after each of its events, and in detail after the last one.

    Raises:
        NoSuchStream: the stream's name is not one of the fleet's.
        Unreadable: an event is missing, or can't be folded.
    """
    histories = [history.read(stream, recorded[:count]) for count in range(1, len(recorded) + 1)]
    pairs = zip(recorded, histories, strict=True)
    return {
        "events": [f"{_type(one)}: {_brief(after, one, policy)}" for one, after in pairs],
        "end": _at_the_end(histories[-1], recorded[-1].event.recorded_at, policy),
    }


def _type(recorded: Recorded) -> str:
    fact = recorded.event.fact
    return f"{fact.type} (unknown)" if isinstance(fact, Unknown) else recorded.event.type


def _brief(after: Any, recorded: Recorded, policy: Policy) -> str:
    """Return one line: `waiting; 1=STARTING; scheduler: IntendLaunch`."""
    rows = [f"{name.rpartition('-')[2]}={row.status}" for name, row in after.rows.items()]
    actions = _actions(after.state, recorded.event.recorded_at, policy)
    pending = [f"{role}: {', '.join(names)}" for role, names in actions.items()]
    return "; ".join([_phase(after.state), *rows, *pending])


def _at_the_end(last: Any, at: datetime, policy: Policy) -> dict[str, Any]:
    return {
        "phase": _phase(last.state),
        "rows": {name: _ending(row) for name, row in last.rows.items()},
        "actions": _actions(last.state, at, policy),
        "actions_a_day_later": _actions(last.state, at + LATER, policy),
    }


def _ending(row: Any) -> str:
    """Return a row's status and, if there is one, why it failed or does not go on."""
    return f"{row.status}: {row.failure_reason}" if row.failure_reason else str(row.status)


def _phase(state: Any) -> str:
    """Return the phase of a job or an image. Of a day's builds, their number."""
    if hasattr(state, "job"):
        return str(state.job.phase.value)
    if hasattr(state, "by_repository"):
        return f"{sum(state.by_repository.values())} builds"
    return str(state.phase.value)


def _actions(state: Any, now: datetime, policy: Policy) -> dict[str, list[str]]:
    """Return the pending actions of each role that has any, in order."""
    found = {role: list(pending_actions(state, now, policy, (role,))) for role in Role}
    return {
        role.value: [_named(one) for one in actions] for role, actions in found.items() if actions
    }


def _named(action: Action) -> str:
    """Return the action's class, and what it would record: a type of fact, or an outcome."""
    fact, outcome = getattr(action, "fact", None), getattr(action, "outcome", None)
    recorded = type(fact).__name__ if fact is not None else outcome
    return " ".join(filter(None, (type(action).__name__, recorded)))
