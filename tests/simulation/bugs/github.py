"""Bugs in how GitHub's ways are met: other jobs on our runners, late webhooks, held jobs."""

from dataclasses import replace as with_fields
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from functions.ingest import workflow_job
from functions.ingest.intake import Ignored, Intake
from functions.ingest.settings import Settings
from functions.janitor import deliveries, delivery_ledger, github_jobs, handler, postponed
from functions.janitor.sweep import Swept
from shared.domain import events as e
from shared.domain import fold as evolve
from shared.domain.actions import Deregister
from shared.domain.decision import Decided, Given
from shared.domain.job import rules as job_rules
from shared.domain.job.state import JOB_TRANSITIONS, JobPhase, JobSignal
from shared.domain.labels import is_self_hosted
from shared.domain.policy import Policy
from shared.domain.runner import fold as runner_fold
from shared.domain.runner.conditions import waits_for_github
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.transitions import unpair_own
from shared.domain.slot.rate_limit import RateLimits, Turn
from shared.domain.state import State
from shared.engine.dependencies import Dependencies
from shared.engine.effects import EFFECTS, intend, stop
from tests.simulation.bugs.bug import Bug, Worlds, entry, replaced, rule

_READ, _PLACED = workflow_job.read, evolve.HANDLERS[e.JobAssigned]


def _of_the_fleet(body: bytes, settings: Settings, now: datetime) -> Intake:
    intake = _READ(body, settings, now)
    details = getattr(getattr(intake, "fact", None), "job", None)
    if details is None or is_self_hosted(details.labels):
        return intake
    return Ignored("the job is not labelled self-hosted")


def _launched_again(state: State, closed: Runner) -> State:
    return unpair_own(state, closed)


def _displaced_unchecked(state: State, fact: Any, at: datetime) -> State:
    after: State = _PLACED(state, fact, at)
    return replace(after, job=replace(after.job, check_at=None))


def _deregistered_with_the_first(deps: Dependencies, given: Given, action: Deregister) -> Decided:
    return stop.deregister(with_fields(deps, more_registrations={}), given, action)


def _at_once(_deps: Dependencies, _policy: Policy, now: datetime, _seen: RateLimits) -> Turn:
    return Turn(at=now)


def _is_planned_and_waits(runner: Runner) -> bool:
    return runner.phase is RunnerPhase.PLANNED and waits_for_github(runner)


BUGS = (
    Bug(
        name="another credential",
        says="a runner is deleted with a credential that did not register it",
        breaks=("a runner is deleted with its own credential",),
        plant=lambda: entry(EFFECTS, Deregister, _deregistered_with_the_first),
        scenario=None,
        worlds=Worlds("rate-limit", seed=1),
    ),
    Bug(
        name="turns ignored",
        says="launches ask GitHub for more runners than it allows in a minute",
        breaks=("launches keep to their rate",),
        plant=lambda: replaced(
            intend, "take_turn", lambda _deps, _policy, now, _seen: Turn(at=now)
        ),
        scenario=None,
        worlds=Worlds("rate-limit"),
    ),
    Bug(
        name="thief unseen",
        says="a job that the fleet ignores takes a runner, and its webhook is dropped",
        breaks=(
            "what was taken in is in the log",
            "a theft is shown",
            "no job waits for a busy runner",
        ),
        plant=lambda: replaced(workflow_job, "read", _of_the_fleet),
        scenario=None,
        worlds=Worlds("thieves", seed=3),
    ),
    Bug(
        name="service not believed",
        says="a runner that ended with 0 counts as broken until a webhook says what it ran",
        breaks=("a runner that ran a job is not broken",),
        plant=lambda: replaced(runner_fold, "SERVED_CODE", 999),
        scenario=None,
        worlds=Worlds("late-webhooks"),
    ),
    Bug(
        name="no grace for webhooks",
        says="a job whose runner has served is launched again before its webhook comes",
        breaks=("not launched again", "no more tasks than needed"),
        plant=lambda: replaced(runner_fold, "_unpair_closed", _launched_again),
        scenario=None,
        worlds=Worlds("late-webhooks"),
    ),
    Bug(
        name="displaced unchecked",
        says="a job that lost its runner to another one is launched again although it runs",
        breaks=("not launched again", "no more tasks than needed"),
        plant=lambda: entry(evolve.HANDLERS, e.JobAssigned, _displaced_unchecked),
        scenario=None,
        worlds=Worlds("late-webhooks"),
    ),
    Bug(
        name="approval ignored",
        says="a job gets a runner while GitHub holds it",
        breaks=(
            "nothing is launched for a job that GitHub holds",
            "no more idle runners than waiting jobs",
        ),
        plant=lambda: entry(JOB_TRANSITIONS[JobPhase.QUEUED], JobSignal.HELD, JobPhase.QUEUED),
        scenario=None,
        worlds=Worlds("approvals", seed=1),
    ),
    Bug(
        name="approved for nothing",
        says="a job that GitHub held gets no runner after its approval",
        breaks=("has not run", "an approved job ran", "every job ran"),
        plant=lambda: entry(JOB_TRANSITIONS[JobPhase.HELD], JobSignal.QUEUED, JobPhase.HELD),
        scenario="one job that GitHub holds for a while",
        worlds=Worlds("approvals"),
    ),
    Bug(
        name="GitHub never asked",
        says="a job whose webhooks disagree waits for an answer that nobody asks for",
        breaks=("has not run", "every job ran"),
        plant=lambda: rule(job_rules.check_job, None),
        scenario="one job that GitHub holds for a while",
        worlds=Worlds("approvals"),
    ),
    Bug(
        name="removal blamed",
        says="a runner whose registration GitHub removed counts as a broken launch",
        breaks=("a runner that GitHub took away is not broken",),
        plant=lambda: replaced(runner_fold, "_was_removed", lambda *_: False),
        scenario=None,
        worlds=Worlds("removed"),
    ),
    Bug(
        name="failed delivery left",
        says="a webhook whose delivery failed is never delivered again",
        breaks=("a failed delivery is requested again",),
        plant=lambda: replaced(deliveries, "reserved", lambda ledger, *_: (ledger, ())),
        scenario=None,
        worlds=Worlds("storm", seed=1),
    ),
    Bug(
        name="delivery requested each minute",
        says="a delivery that fails again and again is requested in each run",
        breaks=("no delivery is requested twice in a minute",),
        plant=lambda: replaced(delivery_ledger, "FIRST_PAUSE", timedelta()),
        scenario=None,
        worlds=Worlds("github-storm", seed=5),
    ),
    Bug(
        name="lost webhook not missed",
        says="a job whose webhook was lost stays queued, since nobody asks GitHub for its jobs",
        breaks=("a job at GitHub is known in time", "every job ran"),
        plant=lambda: replaced(github_jobs, "_first", lambda *_: None),
        scenario=None,
        worlds=Worlds("lost-webhooks"),
    ),
    Bug(
        name="outdated status believed",
        says="a job that has ended at GitHub, or was approved, stays as its last webhook left it",
        breaks=("every job ran", "an approved job ran"),
        plant=lambda: replaced(github_jobs, "_OUTDATED", {}),
        scenario=None,
        worlds=Worlds("lost-webhooks", seed=4),
    ),
    Bug(
        name="recovery unseen",
        says="GitHub answers again, and jobs wait for a backoff of a quarter of an hour",
        breaks=("jobs catch up after an outage",),
        plant=lambda: entry(handler.SWEEPS, "PostponedLaunches", lambda _: Swept()),
        scenario=None,
        worlds=Worlds("outage-github", seed=2),
    ),
    Bug(
        name="recovery unseen by a repeated launch",
        says="GitHub answers again, and a launch that may have a task waits for its backoff",
        breaks=("jobs catch up after an outage",),
        plant=lambda: replaced(postponed, "waits_for_github", _is_planned_and_waits),
        scenario=None,
        worlds=Worlds("outage-github", seed=16),
    ),
    Bug(
        name="ended run unseen",
        says="a job that ended while its webhook was lost is not looked for",
        breaks=("every job ran",),
        plant=lambda: replaced(github_jobs, "_unseen", lambda *_: []),
        scenario=None,
        worlds=Worlds("lost-webhooks", seed=4),
    ),
)
"""Each rule of theirs is missing or wrong once."""
