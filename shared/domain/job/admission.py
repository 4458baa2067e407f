"""Decides which jobs get a runner, by their labels, repository and age."""

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from shared.domain import events as e
from shared.domain.fargate import size_error
from shared.domain.image.naming import refusal as image_refusal
from shared.domain.job.state import Job
from shared.domain.labels import RUN, LabelError, Wants, parse
from shared.domain.policy import Policy

KEPT_QUEUED = timedelta(hours=24)
"""How long GitHub keeps a job for self-hosted runners queued.

Source: GitHub Docs, "Usage limits for self-hosted runners", "Job queue time".
"""


class Refusal(Struct, frozen=True):
    """Why a job gets no runner, as the timeline shows it."""

    reason: str


def admit(job: Job, details: e.JobDetails, now: datetime, policy: Policy) -> Wants | Refusal:
    """Return the job's parsed labels, or why it gets no runner."""
    try:
        wants = parse(details.labels)
    except LabelError as error:
        return Refusal(str(error))
    reason = (
        _not_trusted(details, policy)
        or _not_unique(details, policy)
        or (image_refusal(wants.image, policy.images) if wants.image else None)
        or _class_refusal(class_name(wants, policy), policy)
        or _is_old(job, now)
    )
    return Refusal(reason) if reason else wants


def class_name(wants: Wants, policy: Policy) -> str:
    """Return the name of the runner class in the job's labels, or of the default class."""
    return wants.class_name or policy.default_class


def _not_trusted(job: e.JobDetails, policy: Policy) -> str | None:
    if not job.private and not policy.allow_public:
        return f"repository {job.repository} is public; public repositories are not allowed"
    if job.fork and not policy.allow_forks:
        return f"repository {job.repository} is a fork; forks are not allowed"
    return None


def _not_unique(job: e.JobDetails, policy: Policy) -> str | None:
    """Require a label that is unique to the run, so that GitHub assigns its runner to no other."""
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
    """Return why the job is too old for a launch, since GitHub cancels it, or None."""
    if job.queued_at is None or now < job.queued_at + KEPT_QUEUED:
        return None
    hours = KEPT_QUEUED // timedelta(hours=1)
    since = f"{job.queued_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"GitHub queued it at {since}, and cancels what has been queued for {hours} hours"
