"""What it takes to have a runner for the job: its launch. The scheduler's turn."""

from datetime import UTC, datetime, timedelta

from shared.domain import events as e
from shared.domain.actions import Action, IntendLaunch, Launch, Record, Wait
from shared.domain.fargate import size_error
from shared.domain.images import refusal as image_refusal
from shared.domain.labels import RUN, LabelError, Wants, parse
from shared.domain.placing import placement
from shared.domain.policy import Policy
from shared.domain.rules.clauses import is_wanted, once_a_demand
from shared.domain.state import Demand, Job, Runner, State, Supply

KEPT_QUEUED = timedelta(hours=24)
"""How long GitHub keeps a job for self-hosted runners queued.

Source: GitHub Docs, "Usage limits for self-hosted runners", "Job queue time".
"""


def intend_launch(state: State, now: datetime, policy: Policy) -> Action | None:
    """A runner is planned for a job that waits: begin, or say why there will be none."""
    job, runner = state.job, state.runner(state.job.paired)
    if job.phase is not Demand.WAITING or job.details is None or job.check_at is not None:
        return None
    if runner is None or runner.phase is not Supply.PLANNED or not is_wanted(runner):
        return None
    if runner.retry_at and runner.retry_at > now:
        return Wait(runner.retry_at)
    wants, refused = _wants(job.details, policy)
    refused = refused or _is_old(job, now) or _image_is_late(runner, now)
    if refused or wants is None:
        return Record(once_a_demand(state, "rejected"), e.JobRejected(reason=refused or ""))
    if runner.image is not None:
        return None
    default_base = policy.images.default_base if policy.images else None
    return IntendLaunch(
        runner, _plan(runner, job.details, wants, policy), wants.image or default_base
    )


def launch(state: State, now: datetime, _: Policy) -> Action | None:
    """A launch is intended and its outcome is not known."""
    for runner in state.runners:
        if runner.phase in (Supply.PLANNED, Supply.CLOSED) or runner.launched:
            continue
        if runner.retry_at and runner.retry_at > now:
            return Wait(runner.retry_at)
        return Launch(runner, wanted=is_wanted(runner) or runner.phase is not Supply.INTENDED)
    return None


def resume(action: Launch, now: datetime) -> Action:
    """What an invocation does first that goes on with an attempt which another one began."""
    runner = action.runner
    if runner.leased_until and runner.leased_until > now:
        return Wait(runner.leased_until)
    attempt = runner.plan.attempt if runner.plan else 0
    fact = e.LaunchResumed(runner_id=runner.id, attempt=attempt)
    return Record(f"{runner.id}/launch-resumed/{runner.resumes + 1}", fact)


def _plan(runner: Runner, job: e.JobDetails, wants: Wants, policy: Policy) -> e.LaunchIntended:
    name = _class_name(wants, policy)
    size = policy.classes[name]
    place = placement(runner, size.capacity, policy.placement.subnets)
    return e.LaunchIntended(
        runner_id=runner.id,
        attempt=runner.attempts + 1,
        repository=job.repository,
        workflow=job.workflow,
        labels=job.labels,
        class_name=name,
        cpu=size.cpu,
        memory=size.memory,
        capacity=place.capacity,
        subnet=place.subnet,
        placement=policy.placement,
        limits=policy.limits,
    )


def _wants(job: e.JobDetails, policy: Policy) -> tuple[Wants | None, str | None]:
    """What the job asks for, or why it gets no runner."""
    try:
        wants = parse(job.labels)
    except LabelError as error:
        return None, str(error)
    refused = (
        _not_trusted(job, policy)
        or _not_unique(job, policy)
        or (image_refusal(wants.image, policy.images) if wants.image else None)
        or _class_refusal(_class_name(wants, policy), policy)
    )
    return wants, refused


def _class_name(wants: Wants, policy: Policy) -> str:
    return wants.class_name or policy.default_class


def _not_trusted(job: e.JobDetails, policy: Policy) -> str | None:
    if not job.private and not policy.allow_public:
        return f"repository {job.repository} is public; public repositories are not allowed"
    if job.fork and not policy.allow_forks:
        return f"repository {job.repository} is a fork; forks are not allowed"
    return None


def _not_unique(job: e.JobDetails, policy: Policy) -> str | None:
    """A label that no other run has keeps GitHub from giving the job's runner to another job."""
    if not policy.require_run_label:
        return None
    wanted = f"{RUN}{job.run_id}"
    if any(
        label.lower() == wanted or label.lower().startswith(f"{wanted}-") for label in job.labels
    ):
        return None
    return f'a label that is unique to the run is required: "{RUN}${{{{ github.run_id }}}}"'


def _class_refusal(name: str, policy: Policy) -> str | None:
    size = policy.classes.get(name)
    if size is None:
        defined = ", ".join(sorted(policy.classes)) or "none"
        return f'class "{name}" is not defined; defined: {defined}'
    wrong = size_error(size.cpu, size.memory)
    return f'class "{name}": {wrong}' if wrong else None


def _is_old(job: Job, now: datetime) -> str | None:
    """Why the job is not launched for: GitHub has cancelled it, or is about to."""
    if job.queued_at is None or now < job.queued_at + KEPT_QUEUED:
        return None
    hours = KEPT_QUEUED // timedelta(hours=1)
    since = f"{job.queued_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"GitHub queued it at {since}, and cancels what has been queued for {hours} hours"


def _image_is_late(runner: Runner, now: datetime) -> str | None:
    image = runner.image
    if image is None or now < image.since + timedelta(seconds=image.timeout):
        return None
    why = f": {runner.reason}" if runner.reason else ""
    return f"image {image.tag} was not ready within {image.timeout} s{why}"
