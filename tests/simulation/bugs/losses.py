"""Bugs in lost jobs: one is forgotten, one that was not lost is run again, or one too often."""

from datetime import datetime
from typing import Any

from shared.domain.rerun import decisions as rerun_decisions
from shared.domain.rerun import rules as rerun_rules
from shared.domain.rerun.rules import FAILURE
from shared.domain.runner import deadlines
from shared.domain.runner.state import Runner, RunnerPhase
from shared.engine.effects import rerun as rerun_effects
from tests.simulation.bugs.bug import Bug, Worlds, replaced, rule, together


def _failed_before(runner: Runner) -> bool:
    """Do not compare when the job ended with when the task began to stop."""
    is_closed = runner.phase is RunnerPhase.CLOSED and runner.stop is None
    return is_closed and runner.conclusion == FAILURE and runner.interrupted_at is not None


def _is_stopped(runner: Runner) -> bool:
    """Take each failed job for lost whose runner has ended."""
    return runner.phase is RunnerPhase.CLOSED and runner.conclusion == FAILURE


def _any(*_: Any) -> str:
    return ""


def _all_lost(*_: Any) -> bool:
    return True


def _never(_: Runner) -> datetime | None:
    return None


BUGS = (
    Bug(
        name="loss forgotten",
        says="a Spot interruption takes a job away, and nobody runs it again",
        breaks=("the loss of a job is recorded", "every row is terminal"),
        plant=lambda: rule(rerun_rules.record_loss, None),
        scenario=None,
        worlds=Worlds("lost-jobs"),
    ),
    Bug(
        name="failure before the interruption",
        says="a job that failed by itself just before a Spot interruption is run again",
        breaks=("only a lost job is run again",),
        plant=lambda: replaced(rerun_rules, "lost_its_job", _failed_before),
        scenario=None,
        worlds=Worlds("lost-jobs", seed=4),
    ),
    Bug(
        name="every failure a loss",
        says="a job that failed by itself is run again",
        breaks=("only a lost job is run again",),
        plant=lambda: replaced(rerun_rules, "lost_its_job", _is_stopped),
        scenario=None,
        worlds=Worlds("lost-jobs"),
    ),
    Bug(
        name="failed jobs beside the lost one",
        says="a job that failed by itself is run again because another of its run was lost",
        breaks=("only a lost job is run again",),
        plant=lambda: replaced(rerun_effects, "_is_to_run_again", _all_lost),
        scenario=None,
        worlds=Worlds("lost-jobs"),
    ),
    Bug(
        name="new attempt not seen",
        says="after a crash, or beside another lost job, the request is made once more",
        breaks=("a lost job is run again",),
        plant=lambda: replaced(rerun_effects._Look, "runs_again", lambda *_: False),
        scenario=None,
        worlds=Worlds("lost-jobs", jobs=20),
    ),
    Bug(
        name="lost job never looked at",
        says="a job was lost, and nobody asks GitHub whether its run has ended",
        breaks=("a lost job is run again",),
        plant=lambda: replaced(deadlines, "rerun_due", _never),
        scenario=None,
        worlds=Worlds("lost-jobs"),
    ),
    Bug(
        name="limit of re-runs ignored",
        says="a job that kills its runner is run again and again",
        breaks=("a lost job is run again up to a limit",),
        plant=lambda: together(
            replaced(rerun_rules, "why_not", _any), replaced(rerun_decisions, "why_not", _any)
        ),
        scenario=None,
        worlds=Worlds("lost-jobs", jobs=30),
    ),
)
