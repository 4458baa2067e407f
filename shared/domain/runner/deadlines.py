"""Computes a runner's limits, and the due time at which the Janitor looks at it.

After a limit the runner must stop. The due time, which is the key of the Janitor's index, also
covers work whose nudge was lost. Both depend on the log alone.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from shared.domain.events import Fact, StopIntended
from shared.domain.job.state import Job, JobPhase
from shared.domain.rerun.rules import due as rerun_due
from shared.domain.runner.conditions import (
    awaits_its_job,
    is_wanted,
    left_nothing,
    needs_runner,
    waits_for_slot,
)
from shared.domain.runner.state import Runner, RunnerPhase

TTL = "runner_ttl_seconds"
"""The setting of the only limit that stops a busy runner. The reason of such a stop begins with
this name."""
NUDGE_SECONDS = 60
"""Seconds after which the Janitor does pending work that no consumer has done."""


class Limit(Struct, frozen=True, kw_only=True):
    """A time limit of a runner, and the reason of the stop after it."""

    at: datetime
    reason: str
    forced: bool = False


def limit(runner: Runner) -> Limit | None:
    """Return the next limit of a runner, or None if it has none."""
    lifetime = _lifetime(runner)
    waiting = None if runner.stop else _waiting(runner)
    limits = [found for found in (lifetime, waiting) if found]
    return min(limits, key=lambda found: found.at, default=None)


def due(runner: Runner, job: Job, *, last: bool) -> datetime | None:
    """Return when the Janitor looks at the runner, or None. `last`: it is its job's last runner."""
    if runner.phase is RunnerPhase.CLOSED:
        return _closed_due(runner, job, last=last)
    if runner.phase is RunnerPhase.PLANNED:
        return _planned_due(runner, job)
    if runner.phase is RunnerPhase.INTENDED and runner.stop is None:
        return _after(runner.retry_at or runner.intended_at, NUDGE_SECONDS)
    if runner.stop is None:
        return _running_due(runner)
    if runner.stop.sent_at:
        return stop_limit(runner)
    return _after(runner.stop.intended_at, NUDGE_SECONDS)


def is_ttl_stop(fact: Fact) -> bool:
    """Return whether the fact is a stop because the runner exceeded its TTL."""
    return isinstance(fact, StopIntended) and fact.forced and fact.reason.startswith(TTL)


def start_limit(runner: Runner) -> datetime | None:
    """Return until when the runner's task has to be RUNNING; None if there is no task yet."""
    return _after(runner.launched_at, runner.intent.limits.start) if runner.intent else None


def stop_limit(runner: Runner) -> datetime | None:
    """Return until when the task has to stop after StopTask; None if StopTask was not called."""
    if runner.stop is None or runner.intent is None:
        return None
    return _after(runner.stop.sent_at, runner.intent.limits.stop)


def _closed_due(runner: Runner, job: Job, *, last: bool) -> datetime | None:
    if last and job.phase is JobPhase.HELD:
        return job.check_at
    unsettled = (last and needs_runner(job)) or not left_nothing(runner)
    settled_at = _after(runner.closed_at, NUDGE_SECONDS) if unsettled else None
    return min(filter(None, (settled_at, rerun_due(runner))), default=None)


def _running_due(runner: Runner) -> datetime | None:
    """Return its limit, or when an idle runner's registration is checked, if that is earlier."""
    found = limit(runner)
    confirm_at = runner.confirm_at if awaits_its_job(runner) else None
    return min((one for one in (found.at if found else None, confirm_at) if one), default=None)


def _planned_due(runner: Runner, job: Job) -> datetime | None:
    """Return the due time of a planned runner.

    It is None while the runner waits for a slot: another sweep grants slots in order of arrival.
    """
    if waits_for_slot(job, runner):
        return None
    if job.phase is JobPhase.QUEUED and is_wanted(runner) and runner.image:
        return _after(runner.image.since, runner.image.timeout)
    return _after(runner.retry_at or runner.planned_at, NUDGE_SECONDS)


def _lifetime(runner: Runner) -> Limit | None:
    no_task = runner.phase in (RunnerPhase.PLANNED, RunnerPhase.CLOSED)
    if no_task or runner.intent is None or runner.intended_at is None or _forced(runner):
        return None
    seconds = runner.intent.limits.ttl
    return Limit(
        at=runner.intended_at + timedelta(seconds=seconds),
        reason=f"{TTL} ({seconds} s) exceeded",
        forced=True,
    )


def _waiting(runner: Runner) -> Limit | None:
    if runner.intent is None:
        return None
    limits = runner.intent.limits
    since, seconds, what = {
        RunnerPhase.LAUNCHED: (runner.launched_at, limits.start, "did not come up"),
        RunnerPhase.IDLE: (runner.running_at, limits.idle, "took no job"),
        RunnerPhase.FINISHED: (runner.left_at, limits.finish, "did not exit after its job"),
    }.get(runner.phase, (None, 0, ""))
    if since is None:
        return None
    since = max(since, runner.busy_at or since)  # it may have another job: check again later
    return Limit(at=since + timedelta(seconds=seconds), reason=f"{what} within {seconds} s")


def _forced(runner: Runner) -> bool:
    return runner.stop is not None and runner.stop.forced


def _after(start: datetime | None, seconds: int) -> datetime | None:
    return start + timedelta(seconds=seconds) if start else None
