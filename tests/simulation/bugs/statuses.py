"""Bugs in commit statuses: GitHub does not show why a job has no runner, or for too long."""

from datetime import datetime
from typing import Any

from functions.janitor import handler
from functions.janitor.sweep import Swept
from shared.domain import events as e
from shared.domain import fold as evolve
from shared.domain.commit_status import rules as status_rules
from shared.domain.job import rules as job_rules
from shared.domain.state import State
from tests.simulation.bugs.bug import Bug, Worlds, entry, replaced, rule


def _answer_forgotten(state: State, _: Any, __: datetime) -> State:
    return state


BUGS = (
    Bug(
        name="refusal not shown",
        says="a job is refused, and GitHub shows it as queued without a word",
        breaks=("a refused job shows its reason",),
        plant=lambda: rule(status_rules.set_commit_status, None),
        scenario=None,
        worlds=Worlds("calm", seed=1),
    ),
    Bug(
        name="status not resolved",
        says="a job runs, and its commit still has the status that it waits",
        breaks=("what GitHub shows is resolved",),
        plant=lambda: replaced(status_rules, "_resolved", lambda *_, **__: None),
        scenario=None,
        worlds=Worlds("no-quota"),
    ),
    Bug(
        name="long wait unseen",
        says="a job waits for hours, and GitHub does not show why",
        breaks=("a job that waits for long shows why",),
        plant=lambda: entry(handler.SWEEPS, "LongWaits", lambda _: Swept()),
        scenario=None,
        worlds=Worlds("crowded", jobs=40),
    ),
    Bug(
        name="run not cancelled",
        says="a job is refused, and its run waits for a day",
        breaks=("the run of a refused job is cancelled",),
        plant=lambda: rule(job_rules.cancel_run, None),
        scenario=None,
        worlds=Worlds("cancelling"),
    ),
    Bug(
        name="GitHub's answer forgotten",
        says="a status is created again and again",
        breaks=("NoProgressError", "functions fail only as their calls do"),
        plant=lambda: entry(evolve.HANDLERS, e.CommitStatusCreated, _answer_forgotten),
        scenario=None,
        worlds=Worlds("calm", seed=1),
    ),
)
