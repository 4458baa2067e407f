"""Builds the event for an operator's request to stop a runner, and describes what follows. Pure.

The reconciler carries the stop out: it deregisters the runner and stops its task, or leaves a busy
runner alone.
"""

from msgspec import Struct

from shared.domain.actions import BOTH, Role
from shared.domain.decision import Decided
from shared.domain.events import StopIntended
from shared.domain.history import JobHistory
from shared.domain.runner.state import Runner, RunnerPhase


class StopRequest(Struct, frozen=True, kw_only=True):
    """A request to stop a runner.

    Attributes:
        decided: The event; None if none is needed.
        route: The queues to nudge.
        outlook: What happens next, as text for the operator.
    """

    decided: Decided | None
    route: str
    outlook: tuple[str, ...]


def request_stop(history: JobHistory, runner: Runner, *, reason: str, force: bool) -> StopRequest:
    """Return the request for a runner that has not ended."""
    going = runner.stop
    stronger = force and going is not None and not going.forced
    if going is not None and not stronger:
        since = f"{going.intended_at:%Y-%m-%d %H:%M:%S} UTC"
        outlook = f"It is being stopped already, since {since}: {going.reason}"
        return StopRequest(decided=None, route=Role.RECONCILER, outlook=(outlook,))
    decided = Decided(
        # The same number as in the rules, so that concurrent requests have the same id.
        id=f"{runner.id}/stop-intended/{runner.stops + 1}",
        fact=StopIntended(runner_id=runner.id, reason=reason, forced=force, by_operator=True),
    )
    # The scheduler cancels a launch that is under way.
    route = BOTH if runner.phase is RunnerPhase.INTENDED else Role.RECONCILER
    lines = (_outlook(runner, force=force), *_job_left(history, runner))
    return StopRequest(decided=decided, route=route, outlook=lines)


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
    """Return a note on the job that waits for the runner, since it will get a new runner."""
    if runner.serves is None:
        return ()
    job = history.state.job
    url = job.details.url if job.details and runner.serves == history.state.job_id else ""
    where = f": {url}" if url else ""
    note = f"Job {runner.serves} waits for it and gets a new runner"
    return (f"{note}; if it should not, cancel it at GitHub{where or '.'}",)
