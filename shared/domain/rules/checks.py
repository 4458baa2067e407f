"""What GitHub has to be asked, because webhooks are late, lost or out of order.

Webhooks say what happened, not where a job is now. Where they leave that open, GitHub's own answer
decides, and nothing is launched before it. The reconciler asks, before it does anything else.
"""

from datetime import datetime

from shared.domain.actions import Action, CheckJob, CheckRegistration, Wait
from shared.domain.policy import Policy
from shared.domain.state import Demand, State, Supply


def check_job(state: State, now: datetime, _: Policy) -> Action | None:
    """It is open whether the job still waits for a runner: it may run, have run, or be held.

    A job that is held waits for no message: the Janitor comes back to it.
    """
    job = state.job
    if job.check_at is None or job.details is None:
        return None
    if job.phase not in (Demand.WAITING, Demand.HELD):
        return None
    if job.check_at > now:
        return Wait(job.check_at) if job.phase is Demand.WAITING else None
    return CheckJob(job)


def check_registration(state: State, now: datetime, _: Policy) -> Action | None:
    """A job waits for a runner that has been idle for some time: GitHub may have removed it."""
    for runner in state.runners:
        counts = runner.phase is Supply.IDLE and runner.serves is not None
        if not counts or runner.stop is not None or runner.removed:
            continue
        if runner.confirm_at is not None and runner.confirm_at <= now:
            return CheckRegistration(runner)
    return None
