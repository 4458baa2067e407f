"""The leases of launch attempts: which drive may call ECS for an attempt.

An attempt belongs to the drive whose event began or resumed it. Another one resumes it only after
its lease has ended, by an event that fences the first.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from shared.domain import actions as a
from shared.domain.events import Event, LaunchIntended, LaunchResumed
from shared.domain.runner.rules import resume
from shared.domain.runner.state import Runner
from shared.engine.transact import AnyHistory


class Lease(Struct, frozen=True):
    """A launch attempt that belongs to a drive, as it was when the drive began or resumed it.

    `asked`: the drive called ECS but could not record the outcome because of a conflict.
    """

    attempt: int
    resumes: int
    asked: bool = False


Leases = dict[str, Lease]
"""The leases by runner id."""


def leases_of(history: AnyHistory, event: Event) -> Leases:
    """Return the lease that an event grants to the drive that appended it, if any."""
    if not isinstance(event.fact, LaunchIntended | LaunchResumed):
        return {}
    runner = history.state.runner(event.fact.runner_id)
    return {runner.id: _lease(runner)} if runner else {}


def holds(lease: Lease, runner: Runner) -> bool:
    """Return whether no other invocation has resumed the attempt, and it has no outcome yet."""
    return replace(lease, asked=False) == _lease(runner)


def _lease(runner: Runner) -> Lease:
    return Lease(runner.intent.attempt if runner.intent else 0, runner.resumes)


def own_launch(action: a.Launch, leases: Leases, now: datetime) -> a.Action:
    """Return the launch if the drive owns it; else the action that must precede it."""
    lease = leases.get(action.runner.id)
    if lease is None or not holds(lease, action.runner):
        return resume(action, now)
    leases[action.runner.id] = replace(lease, asked=True)
    uncertain = action.runner.uncertain or lease.asked
    return replace(action, runner=replace(action.runner, uncertain=uncertain))
