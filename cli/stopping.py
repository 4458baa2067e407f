"""What an operator's wish to stop a runner comes to: an event for the log, and what will follow.

Pure. Deregistering, stopping and sparing a busy runner are the reconciler's; here is only the wish.
"""

from msgspec import Struct

from shared.domain.actions import BOTH, Role
from shared.domain.decision import Decided
from shared.domain.events import StopIntended
from shared.domain.history import JobHistory
from shared.domain.runner.state import Runner, RunnerPhase


class Wish(Struct, frozen=True, kw_only=True):
    """`decided` is None if nothing need be recorded; `outlook` is what happens next."""

    decided: Decided | None
    route: str
    outlook: tuple[str, ...]


def wish(history: JobHistory, runner: Runner, *, reason: str, force: bool) -> Wish:
    """What to record for a runner that has not ended, and what to tell who asked."""
    going = runner.stop
    stronger = force and going is not None and not going.forced
    if going is not None and not stronger:
        since = f"{going.intended_at:%Y-%m-%d %H:%M:%S} UTC"
        told = f"It is being stopped already, since {since}: {going.reason}"
        return Wish(decided=None, route=Role.RECONCILER, outlook=(told,))
    decided = Decided(
        # The same number that the rules would give it: two who wish at once wish once.
        id=f"{runner.id}/stop-intended/{runner.stops + 1}",
        fact=StopIntended(runner_id=runner.id, reason=reason, forced=force, by_operator=True),
    )
    # A launch under way is the scheduler's to call off.
    route = BOTH if runner.phase is RunnerPhase.INTENDED else Role.RECONCILER
    outlook = (_outlook(runner, force=force), *_job_left(history, runner))
    return Wish(decided=decided, route=route, outlook=outlook)


def _outlook(runner: Runner, *, force: bool) -> str:
    match runner.phase:
        case RunnerPhase.PLANNED:
            return "It is not launched yet: the launch is cancelled."
        case RunnerPhase.INTENDED:
            return "Its launch is under way: it is cancelled, or the task is stopped once it runs."
        case RunnerPhase.BUSY if force:
            job = f"job {runner.took}" if runner.took else "a job"
            return f"It is on {job}, which will fail: its task is stopped all the same (--force)."
        case RunnerPhase.BUSY:
            job = f"job {runner.took}" if runner.took else "a job"
            return (
                f"It is on {job}. GitHub does not remove a busy runner, so it is left alone and "
                "this request ends there. To stop it all the same, which fails the job: --force."
            )
    unless = "" if force else " If it has taken a job by then, it is left alone."
    return (
        "The reconciler removes it from GitHub first, so that it takes no more jobs, and then "
        f"stops its task.{unless}"
    )


def _job_left(history: JobHistory, runner: Runner) -> tuple[str, ...]:
    """A job that waits for the runner does not end with it."""
    if runner.serves is None:
        return ()
    job = history.state.job
    url = job.details.url if job.details and runner.serves == history.state.job_id else ""
    where = f": {url}" if url else ""
    told = f"Job {runner.serves} waits for it and gets a new runner"
    return (f"{told}; if it should not, cancel it at GitHub{where or '.'}",)
