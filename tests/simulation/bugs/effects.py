"""Bugs in the engine: in what is done, in what order, and in what is appended for it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from functions.outbox.forward import Outbox, OutgoingNotice
from shared.domain import actions as a
from shared.domain import events as e
from shared.domain.decision import Decided, Given
from shared.domain.decisions import DECISIONS
from shared.domain.notices import Notice, notices
from shared.domain.pairing import decisions as pairing
from shared.domain.pairing import rules as pairing_rules
from shared.domain.runner.state import RunnerPhase
from shared.domain.slot import decisions as slots
from shared.domain.state import State
from shared.engine import leases, transact
from shared.engine.dependencies import Dependencies
from shared.engine.effects import EFFECTS
from shared.engine.effects import launch as recipe
from shared.engine.transact import AnyHistory, Entry
from shared.ports import Conflict
from tests.simulation.bugs.bug import (
    DOUBLED,
    DYING,
    FAILING,
    ONE_SLOT,
    TWO_JOBS,
    Bug,
    Worlds,
    entry,
    replaced,
    rule,
    together,
)

_APPEND = transact.append


def _assign_without_spare(given: Given, action: a.AssignJob) -> Decided:
    decided = pairing.assign(given, action)
    return replace(decided, fact=replace(decided.fact, spare_given=False))


def _run_and_mint(deps: Dependencies, policy: Any, runner: Any, *, wanted: bool) -> Any:
    """The launch recipe in another order: RunTask, then the config."""
    if wanted:
        deps.tasks.run(recipe._task(deps, runner, recipe._intent(runner)))
    return _LAUNCH(deps, policy, runner, wanted=wanted)


_LAUNCH = recipe.run


def _register_by_name_once(deps: Dependencies, runner: Any, plan: e.LaunchIntended) -> int:
    config = deps.registrations.mint(plan.repository, runner.id, plan.labels)
    if deps.configs.put_if_absent(runner.id, config):
        return config.github_runner_id
    return deps.configs.github_runner_id(runner.id) or config.github_runner_id


def _append_whatever(log: Any, entries: Sequence[Entry], slots: Any = None) -> list[AnyHistory]:
    with suppress(Conflict):
        return _APPEND(log, entries, slots)
    return [transact.record(one.history, one.events) for one in entries]


def _launch_and_intend(deps: Dependencies, given: Given, action: a.IntendLaunch) -> Any:
    recipe.run(deps, given.policy, replace(action.runner, intent=action.fact), wanted=True)
    return _INTEND(deps, given, action)


def _busy_or_not(deps: Dependencies, given: Given, action: a.Deregister) -> Decided | None:
    decided = _DEREGISTER(deps, given, action)
    if decided is None or not isinstance(decided.fact, e.RunnerFoundBusy):
        return decided
    fact = e.RunnerDeregistered(runner_id=action.runner.id, outcome="absent")
    return replace(decided, fact=fact)


_DEREGISTER, _INTEND = EFFECTS[a.Deregister], EFFECTS[a.IntendLaunch]
_LATER = recipe._later


def _gives_up(*asked: Any, **more: Any) -> e.LaunchFailed:
    failed = _LATER(*asked, **more)
    return failed if failed.attempt < 6 else replace(failed, retry_at=None, uncertain=False)


def _whoever(_: Any, runner: Any) -> bool:
    """The drive does not look whether another one has gone on with the attempt."""
    return not runner.launched and runner.phase is RunnerPhase.INTENDED


def _of_runners(before: State, after: State) -> tuple[Notice, ...]:
    return tuple(one for one in notices(before, after) if one.runner_id is not None)


def _publish_only(outbox: Outbox, published: Sequence[OutgoingNotice]) -> Iterator[str]:
    list(outbox.bus.publish([one.notice for one in published]))
    yield from ()


BUGS = (
    Bug(
        name="swap forgotten",
        says="a job starts on another job's runner, and that job goes on waiting for it",
        breaks=("which runs job", "no job waits for a busy runner"),
        plant=lambda: rule(pairing_rules.assign, None),
        scenario=TWO_JOBS,
        worlds=Worlds("calm"),
    ),
    Bug(
        name="spare not given",
        says="the runner that is left over is stopped, and one more launched in its place",
        breaks=("one launch for each of equal jobs",),
        plant=lambda: entry(DECISIONS, a.AssignJob, _assign_without_spare),
        scenario=None,
        worlds=Worlds("burst", jobs=20),
    ),
    Bug(
        name="labels ignored",
        says="a job that wants a large runner is given a small one that is left over, and waits",
        breaks=("no waiting job without a runner",),
        plant=lambda: replaced(pairing, "serves", lambda *_: True),
        scenario=None,
        worlds=Worlds("calm"),
    ),
    Bug(
        name="mint after RunTask",
        says="the task is started before there is a config that it could read",
        breaks=("without a config", "a task finds its config"),
        plant=lambda: replaced(recipe, "run", _run_and_mint),
        worlds=Worlds("calm"),
    ),
    Bug(
        name="intent after effect",
        says="the task is started before the log says that it will be",
        breaks=("without an intent in the log", "intent before effect"),
        plant=lambda: entry(EFFECTS, a.IntendLaunch, _launch_and_intend),
        worlds=Worlds("calm"),
    ),
    Bug(
        name="name taken",
        says="after a crash between mint and put, GitHub's 409 is not handled",
        breaks=("failed, and nothing has happened to it", "no launch is given up"),
        plant=lambda: replaced(recipe, "_register", _register_by_name_once),
        worlds=Worlds("aimed", aim="github.mint"),
    ),
    Bug(
        name="stored config not looked up",
        says="a resumed launch that nobody wants any more is cancelled, though its task may run",
        breaks=("the log says that the runner is",),
        plant=lambda: replaced(recipe, "_may_be_stored", lambda *_: False),
        scenario=FAILING,
    ),
    Bug(
        name="doubt forgotten",
        says="a launch that may have been done is taken for one that was not, and begun anew",
        breaks=("RunTask differs", "one live task per launch", "the log says that the runner is"),
        plant=lambda: replaced(recipe, "_leaves_uncertain", lambda *_: False),
        scenario=FAILING,
    ),
    Bug(
        name="fence down",
        says="an invocation goes on with a launch that another one has taken over",
        breaks=("RunTask differs", "one live task per launch", "the log says that the runner is"),
        plant=lambda: together(
            replaced(leases, "holds", _whoever),
            replaced(recipe, "_leaves_uncertain", lambda *_: False),
        ),
        scenario=FAILING,
    ),
    Bug(
        name="token used again",
        says="the next attempt asks for another place under the token of the last one",
        breaks=("no launch is given up",),
        plant=lambda: replaced(recipe, "client_token", lambda plan: plan.runner_id),
        scenario=None,
        worlds=Worlds("fickle"),
    ),
    Bug(
        name="given up for now",
        says="a launch is given up after six attempts that were turned away",
        breaks=("no launch is given up", "an outage gives nothing up"),
        plant=lambda: replaced(recipe, "_later", _gives_up),
        scenario=None,
        worlds=Worlds("no-quota", jobs=6),
    ),
    Bug(
        name="busy taken for gone",
        says="GitHub's 422 is not looked at, so a runner on a job is stopped as surplus",
        breaks=("and not by force", "a busy runner is left alone"),
        plant=lambda: entry(EFFECTS, a.Deregister, _busy_or_not),
        scenario=DYING,
    ),
    Bug(
        name="wake-up lost",
        says="a slot is free, and the job that has waited longest for it is not woken",
        breaks=("has not run", "no slot is free while jobs wait"),
        plant=lambda: replaced(slots, "jobs_awaiting_slots", lambda *_: []),
        scenario=ONE_SLOT,
        worlds=Worlds("crowded"),
    ),
    Bug(
        name="dedup off",
        says="an event that the stream holds already is appended again",
        breaks=("is appended again", "an event is in its stream once"),
        plant=lambda: replaced(transact, "new_events", lambda _history, events: tuple(events)),
        scenario=DOUBLED,
    ),
    Bug(
        name="conflict taken for success",
        says="an append that lost its race counts as done, and what it told is lost",
        breaks=("every job ran or has a reason", "one live task per launch", "what was taken in"),
        plant=lambda: replaced(transact, "append", _append_whatever),
        scenario=None,
    ),
    Bug(
        name="rows forgotten",
        says="the runners table is not written along with the log",
        breaks=("is not the log's fold", "rows are the fold of the log"),
        plant=lambda: replaced(transact, "changed_rows", lambda *_: []),
    ),
    Bug(
        name="refusal without a notice",
        says="subscribers are notified of runners that failed, and not of jobs that were refused",
        breaks=("a failure has its notice",),
        plant=lambda: replaced(transact, "notices", _of_runners),
        scenario=None,
        worlds=Worlds("storm"),
    ),
    Bug(
        name="notice dropped",
        says="a notice that the event bus does not accept is only logged",
        breaks=("a notice reaches the subscribers",),
        plant=lambda: replaced(Outbox, "_publish", _publish_only),
        scenario=None,
        worlds=Worlds("circuit", aim="events.put_events"),
    ),
)
