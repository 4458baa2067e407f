"""Bugs in the pure core: in the rules, in the tables of transitions, in the fold."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain import fold as evolve
from shared.domain import projection
from shared.domain.actions import Action, Record, StopTask
from shared.domain.job.state import JOB_TRANSITIONS, JobPhase, JobSignal
from shared.domain.job.transitions import plan_runner
from shared.domain.names import runner_id
from shared.domain.policy import Policy
from shared.domain.runner import deadlines
from shared.domain.runner import fold as runner_fold
from shared.domain.runner import rules as runner_rules
from shared.domain.runner.conditions import is_wanted
from shared.domain.runner.deadlines import limit
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot import counter as slots
from shared.domain.slot import decisions as slot_decisions
from shared.domain.slot import rules as slot_rules
from shared.domain.slot.circuit import Circuit
from shared.domain.state import State
from shared.domain.stop import rules as stop_rules
from shared.domain.stop.rules import SURPLUS, stop
from shared.engine.drive import Driver
from tests.simulation.bugs.bug import (
    CANCELLED,
    DYING,
    Bug,
    Worlds,
    entry,
    replaced,
    rule,
    rules,
    together,
)

_LIVES = (RunnerPhase.LAUNCHED, RunnerPhase.IDLE, RunnerPhase.BUSY, RunnerPhase.FINISHED)


def _limits_only(state: State, now: datetime, _: Policy) -> Action | None:
    for runner in state.runners:
        passed = limit(runner)
        if passed and passed.at <= now:
            return stop(runner, passed.reason, forced=passed.forced)
    return None


def _surplus_by_force(state: State, now: datetime, policy: Policy) -> Action | None:
    found = stop_rules.intend_stop(state, now, policy)
    if not isinstance(found, Record) or not isinstance(found.fact, e.StopIntended):
        return found
    if found.fact.reason != SURPLUS:
        return found
    return replace(found, fact=replace(found.fact, forced=True))


def _stop_at_once(state: State, now: datetime, policy: Policy) -> Action | None:
    for runner in state.runners:
        lives = runner.phase in _LIVES and runner.task_arn is not None
        if lives and runner.stop and runner.stop.sent == 0:
            return StopTask(runner)
    return stop_rules.stop_task(state, now, policy)


def _stop_before_deregister() -> AbstractContextManager[None]:
    return rules(
        {
            stop_rules.deregister: _stop_at_once,
            stop_rules.stop_task: stop_rules.deregister,
        }
    )


def _same_number(state: State, now: datetime, policy: Policy) -> Action | None:
    found = runner_rules.plan_launch(state, now, policy)
    if not isinstance(found, Record) or not isinstance(found.fact, e.LaunchPlanned):
        return found
    number = found.fact.number - 1
    name = runner_id(state.fleet, state.job_id, number)
    fact = replace(found.fact, runner_id=name, number=number)
    return Record(f"{found.id}/again", fact)


def _planned_anew(state: State, fact: e.LaunchPlanned, at: datetime) -> State:
    others = tuple(one for one in state.runners if one.id != fact.runner_id)
    return plan_runner(replace(state, runners=others), fact.runner_id, fact.number, at)


def _number_reused() -> AbstractContextManager[None]:
    return together(
        rule(runner_rules.plan_launch, _same_number),
        entry(evolve.HANDLERS, e.LaunchPlanned, _planned_anew),
    )


def _forgiven(state: State, fact: e.RunnerDeregistered, at: datetime) -> State:
    after = _DEREGISTERED(state, fact, at)
    runners = tuple(
        replace(one, failed=False) if one.id == fact.runner_id else one for one in after.runners
    )
    return replace(after, runners=runners)


def _drop_unwanted(state: State, _: datetime, __: Policy) -> Action | None:
    for runner in state.runners:
        if runner.phase is RunnerPhase.PLANNED and not is_wanted(runner):
            fact = e.LaunchCancelled(runner_id=runner.id, reason=SURPLUS)
            return Record(f"{runner.id}/launch-cancelled", fact)
    return None


_DEREGISTERED = evolve.HANDLERS[e.RunnerDeregistered]


def _any_share() -> AbstractContextManager[None]:
    """Every shard may have as many runners as it likes."""
    return together(
        replaced(slots, "share", lambda *_: 1000),
        replaced(slot_decisions, "share", lambda *_: 1000),
    )


def _still_broken(circuit: Circuit) -> Circuit:
    return replace(circuit, version=circuit.version + 1)


def _keeps_slot(runner: Runner) -> Runner:
    after = _POSTPONED(runner)
    return replace(after, slot=runner.slot, shard=runner.shard)


_POSTPONED = runner_fold._postponed


def _nobody(*_: Any) -> Any:
    return lambda _history: None


def _never(_runner: Runner, _job: Any, *, last: bool) -> datetime | None:
    return None


BUGS = (
    Bug(
        name="late queued",
        says="a late `queued` reopens a job that has ended",
        breaks=("the job had ended and is queued again", "every job ran or has a reason"),
        plant=lambda: entry(JOB_TRANSITIONS[JobPhase.COMPLETED], JobSignal.QUEUED, JobPhase.QUEUED),
        scenario=CANCELLED,
    ),
    Bug(
        name="no relaunch",
        says="a runner dies before it took its job, and the job gets no other",
        breaks=("waits, and no runner is on its way", "no waiting job without a runner"),
        plant=lambda: rule(runner_rules.plan_launch, None),
        scenario=DYING,
    ),
    Bug(
        name="surplus kept",
        says="a runner that no job needs is left idle until its limit",
        breaks=("runners are unclaimed", "no more idle runners than waiting jobs"),
        plant=lambda: rule(stop_rules.intend_stop, _limits_only),
        scenario=CANCELLED,
        worlds=Worlds("fickle"),
    ),
    Bug(
        name="surplus forced",
        says="a runner that no job seems to need is stopped by force, on the job that it just took",
        breaks=("and not by force", "a busy runner is left alone"),
        plant=lambda: rule(stop_rules.intend_stop, _surplus_by_force),
        scenario=CANCELLED,
    ),
    Bug(
        name="stop before deregister",
        says="a task is stopped while its runner can still be given a job",
        breaks=("and not by force", "a busy runner is left alone"),
        plant=_stop_before_deregister,
        scenario=CANCELLED,
    ),
    Bug(
        name="number reused",
        says="the second launch for a job bears the name of the first, which is dead",
        breaks=("it came back",),
        plant=_number_reused,
        scenario=DYING,
    ),
    Bug(
        name="end changed",
        says="a runner that FAILED is OFFLINE once it is deregistered",
        breaks=("was FAILED and is OFFLINE",),
        plant=lambda: entry(evolve.HANDLERS, e.RunnerDeregistered, _forgiven),
        scenario=DYING,
    ),
    Bug(
        name="slot leaked",
        says="a runner that is over keeps its slot for ever",
        breaks=("slots are held, and no runner is left", "the counter is back at nothing"),
        plant=lambda: rule(slot_rules.free_slot, None),
    ),
    Bug(
        name="max_runners ignored",
        says="more runners are launched than max_runners allows",
        breaks=("max_runners is kept",),
        plant=_any_share,
        scenario=None,
        worlds=Worlds("crowded"),
    ),
    Bug(
        name="circuit stays open",
        says="launches work again, and still one is tried at a time",
        breaks=("the circuit closes", "a launch that works closes the circuit"),
        plant=lambda: replaced(Circuit, "closed", _still_broken),
        scenario=None,
        worlds=Worlds("circuit"),
    ),
    Bug(
        name="plan of another job kept",
        says="a launch fails after its runner went to another job, which then waits for ever",
        breaks=("every job ran", "a launch is tried again in time"),
        plant=lambda: rule(runner_rules.drop_plan, _drop_unwanted),
        scenario=None,
        worlds=Worlds("fickle", seed=17, aim="github.mint"),
    ),
    Bug(
        name="slot kept while it waits",
        says="a launch that was turned away keeps its slot while it waits to be tried again",
        breaks=("a launch that waits holds no slot",),
        plant=lambda: replaced(runner_fold, "_postponed", _keeps_slot),
        scenario=None,
        worlds=Worlds("no-quota", jobs=6),
    ),
    Bug(
        name="trials at once",
        says="while the circuit is open, every launch is taken for the one that is tried",
        breaks=("an open circuit lets one launch through",),
        plant=lambda: replaced(Circuit, "admits_trial", lambda *_: True),
        scenario=None,
        worlds=Worlds("circuit"),
    ),
    Bug(
        name="nudge lost",
        says="what was appended nudges nobody, and no row is ever due, so nobody goes on",
        breaks=("has not run", "no waiting job without a runner", "every job ran"),
        plant=lambda: together(
            replaced(Driver, "_route", _nobody), replaced(projection, "due", _never)
        ),
        scenario=DYING,
    ),
    Bug(
        name="no limits",
        says="a runner that hangs is never stopped",
        breaks=("still finished in the log", "every job ran", "nothing is left"),
        plant=lambda: together(
            replaced(stop_rules, "limit", lambda _: None),
            replaced(deadlines, "limit", lambda _: None),
        ),
    ),
)
