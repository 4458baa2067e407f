"""The rules of a runner: plan it, launch it, and clean up after it."""

from datetime import datetime, timedelta
from itertools import takewhile

from shared.domain import events as e
from shared.domain.actions import (
    Action,
    CheckRegistration,
    IntendLaunch,
    Launch,
    Record,
    Wait,
)
from shared.domain.backoff import delay
from shared.domain.job.admission import Refusal, admit, class_name
from shared.domain.job.rules import id_per_demand
from shared.domain.job.state import JobPhase
from shared.domain.labels import Wants
from shared.domain.names import runner_id
from shared.domain.policy import Policy
from shared.domain.runner.conditions import (
    awaits_its_job,
    counts_as_dead,
    died,
    is_wanted,
    needs_runner,
)
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.target import target
from shared.domain.runner.transitions import REMOVED
from shared.domain.state import State
from shared.domain.stop.rules import SURPLUS


def plan_launch(state: State, _: datetime, policy: Policy) -> Action | None:
    """Plan a runner for a job that waits without one, or give the job up."""
    job = state.job
    if not needs_runner(job) or not state.runners or job.check_at is not None:
        return None
    dead = [one for one in state.runners if one.number >= job.first and counts_as_dead(one)]
    why = _why_again(state.job_id, state.runners[-1])
    if len(dead) >= policy.max_launches:
        reason = f"{len(dead)} runners ended before they took the job; the last: {why}"
        return Record(id_per_demand(state, "given-up"), e.JobGivenUp(reason=reason))
    number = state.runners[-1].number + 1
    name = runner_id(state.fleet, state.job_id, number)
    fact = e.LaunchPlanned(
        runner_id=name,
        number=number,
        reason=why,
        not_before=_not_before(state, name, policy),
        turn=job.turn,
    )
    return Record(f"{name}/launch-planned", fact)


def _not_before(state: State, name: str, policy: Policy) -> datetime | None:
    """Return when the next launch may begin: at its turn at GitHub, or after a delay.

    The delay grows with each runner in a row that AWS ended.
    """
    lost = list(takewhile(lambda runner: runner.lost, reversed(state.runners)))
    if len(lost) < 2 or lost[0].closed_at is None:  # noqa: PLR2004 - the first loss costs no time
        return state.job.turn.at if state.job.turn else None
    return lost[0].closed_at + delay(policy, name, len(lost) - 1)


def _why_again(job_id: int, last: Runner) -> str:
    """Return why the last runner did not serve the job."""
    if died(last):
        stopped = last.stop.reason if last.stop else "it ended without taking a job"
        return last.reason or stopped
    if last.removed:
        return REMOVED
    if last.took not in (None, job_id) or last.served:
        return "its runner took another job"
    return "the runner that it was given is gone"


def intend_launch(state: State, now: datetime, policy: Policy) -> Action | None:
    """Begin the planned launch for a job that waits, or reject the job with a reason."""
    job, runner = state.job, state.runner(state.job.paired)
    if job.phase is not JobPhase.QUEUED or job.details is None or job.check_at is not None:
        return None
    if runner is None or runner.phase is not RunnerPhase.PLANNED or not is_wanted(runner):
        return None
    if runner.retry_at and runner.retry_at > now:
        return Wait(runner.retry_at)
    wants = admit(job, job.details, now, policy)
    late = _image_is_late(runner, now)
    if isinstance(wants, Refusal) or late:
        reason = wants.reason if isinstance(wants, Refusal) else late or ""
        return Record(id_per_demand(state, "rejected"), e.JobRejected(reason=reason))
    if runner.image is not None:
        return None
    default_base = policy.images.default_base if policy.images else None
    return IntendLaunch(
        runner, _intent(runner, job.details, wants, policy), wants.image or default_base
    )


def _intent(runner: Runner, job: e.JobDetails, wants: Wants, policy: Policy) -> e.LaunchIntended:
    name = class_name(wants, policy)
    size = policy.classes[name]
    to = target(runner, size.capacity, policy.placement.subnets)
    return e.LaunchIntended(
        runner_id=runner.id,
        attempt=runner.attempts + 1,
        repository=job.repository,
        workflow=job.workflow,
        labels=job.labels,
        class_name=name,
        cpu=size.cpu,
        memory=size.memory,
        capacity=to.capacity,
        subnet=to.subnet,
        placement=policy.placement,
        limits=policy.limits,
    )


def _image_is_late(runner: Runner, now: datetime) -> str | None:
    image = runner.image
    if image is None or now < image.since + timedelta(seconds=image.timeout):
        return None
    why = f": {runner.reason}" if runner.reason else ""
    return f"image {image.tag} was not ready within {image.timeout} s{why}"


def launch(state: State, now: datetime, _: Policy) -> Action | None:
    """Carry out a launch that is intended and has no outcome yet.

    If a webhook reported that GitHub holds the job, the launch is not continued: its pairing ends
    first, or the check of the job's status shows that it is queued.
    """
    for runner in state.runners:
        if runner.phase in (RunnerPhase.PLANNED, RunnerPhase.CLOSED) or runner.launched:
            continue
        if runner.serves == state.job_id and state.job.phase is JobPhase.HELD:
            continue
        if runner.retry_at and runner.retry_at > now:
            return Wait(runner.retry_at)
        return Launch(runner, wanted=is_wanted(runner) or runner.phase is not RunnerPhase.INTENDED)
    return None


def resume(action: Launch, now: datetime) -> Action:
    """Return the action before an attempt of another invocation is continued: record, or wait."""
    runner = action.runner
    if runner.leased_until and runner.leased_until > now:
        return Wait(runner.leased_until)
    attempt = runner.intent.attempt if runner.intent else 0
    fact = e.LaunchResumed(runner_id=runner.id, attempt=attempt)
    return Record(f"{runner.id}/launch-resumed/{runner.resumes + 1}", fact)


def drop_plan(state: State, _: datetime, __: Policy) -> Action | None:
    """Cancel a planned launch that is not wanted, or whose runner now serves another job.

    A launch uses the parameters of its own job, so the other job plans a runner of its own.
    """
    for runner in state.runners:
        if runner.phase is not RunnerPhase.PLANNED:
            continue
        if not is_wanted(runner):
            reason = runner.stop.reason if runner.stop else SURPLUS
        elif runner.serves != state.job_id:
            reason = f"its launch failed; job {runner.serves} gets a runner of its own"
        else:
            continue
        fact = e.LaunchCancelled(runner_id=runner.id, reason=reason)
        return Record(f"{runner.id}/launch-cancelled", fact)
    return None


def check_registration(state: State, now: datetime, _: Policy) -> Action | None:
    """Check the registration of an idle runner that a job waits for: GitHub may have removed it."""
    for runner in state.runners:
        due = runner.confirm_at is not None and runner.confirm_at <= now
        if awaits_its_job(runner) and due:
            return CheckRegistration(runner)
    return None
