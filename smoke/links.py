"""The checks from the image build to the end of the runner."""

from typing import TypeVar

from shared.domain.events import (
    Fact,
    ImageAwaited,
    ImageBuildFailed,
    ImageBuildPostponed,
    ImageBuildStarted,
    ImageBuilt,
    JobRejected,
    LaunchFailed,
    RunnerDeregistered,
    RunnerLaunched,
    TaskStarted,
    TaskStopped,
    TaskStopSent,
)
from shared.domain.stream import StreamId
from shared.ports import Refused, Unavailable
from smoke import diagnosis
from smoke.credential import NO_CREDENTIAL
from smoke.diagnosis import causes
from smoke.site import Site
from smoke.verdict import Failed, Skipped

F = TypeVar("F", bound=Fact)

BUILD_SECONDS = 1200
LAUNCH_SECONDS = 300
START_SECONDS = 300
END_SECONDS = 300
TRIES = 3
"""Number of postponements after which their reason counts as permanent."""


def image(site: Site) -> str:
    """Check that the runner image exists."""
    if "IMAGE_BUILD_PROJECT" not in site.environment("scheduler"):
        raise Skipped("the fleet builds no images")
    awaited: ImageAwaited | None = site.fact(ImageAwaited)
    if awaited is None:
        if rejected := site.fact(JobRejected):
            raise Failed(f"the job was refused: {rejected.reason}")
        return "it was in the repository already"
    built = site.patience.until("the image build", lambda: _built(site, awaited.tag), BUILD_SECONDS)
    if built is None:
        last = [one.reason for one in _image_facts(site, awaited.tag, ImageBuildPostponed)]
        raise Failed(causes(f"no image {awaited.tag}", *last[-1:], diagnosis.builds(site)))
    return f"{awaited.base} as {awaited.tag}"


def _built(site: Site, tag: str) -> bool:
    failed = _image_facts(site, tag, ImageBuildFailed)
    if failed:
        raise Failed(causes(f"build {failed[-1].number}: {failed[-1].reason}", failed[-1].log_url))
    postponed = _image_facts(site, tag, ImageBuildPostponed)
    started = _image_facts(site, tag, ImageBuildStarted)
    if len(postponed) >= TRIES and not started:
        raise Failed(f"CodeBuild starts no build: {postponed[-1].reason}")
    return bool(_image_facts(site, tag, ImageBuilt))


def _image_facts(site: Site, tag: str, kind: type[F]) -> list[F]:
    facts = [one.event.fact for one in site.log.read(StreamId.of_image(tag))]
    return [one for one in facts if isinstance(one, kind)]


def launched(site: Site) -> str:
    """Check that ECS has accepted RunTask."""
    if not site.launches:
        raise Skipped(NO_CREDENTIAL)
    found = site.patience.until("the launch", lambda: _launched(site), LAUNCH_SECONDS)
    if found is None:
        raise Failed(
            causes(
                diagnosis.refusal(site) or "no RunnerLaunched in the job's stream",
                diagnosis.errors(site, "scheduler"),
            )
        )
    return f"{found.runner_id}: {found.task_arn.rpartition('/')[2]}"


def _launched(site: Site) -> RunnerLaunched | None:
    if rejected := site.fact(JobRejected):
        raise Failed(f"the job was refused: {rejected.reason}")
    failed: LaunchFailed | None = site.fact(LaunchFailed)
    if failed and (failed.refused or failed.retry_at is None or failed.attempt >= TRIES):
        raise Failed(f"attempt {failed.attempt} to launch failed: {failed.reason}")
    found: RunnerLaunched | None = site.fact(RunnerLaunched)
    return found


def running(site: Site) -> str:
    """Check that the log contains ECS's event that the task runs."""

    def seen() -> TaskStarted | None:
        stopped: TaskStopped | None = site.fact(TaskStopped)
        if stopped:
            raise Failed(causes("the task has stopped", stopped.stop_code, stopped.reason))
        started: TaskStarted | None = site.fact(TaskStarted)
        return started

    arn = site.fact(RunnerLaunched).task_arn
    if site.patience.until("ECS's event that the task runs", seen, START_SECONDS) is None:
        raise Failed(
            causes(
                diagnosis.task(site, arn),
                diagnosis.rule(site, "task-events"),
                diagnosis.queue(site, "undelivered"),
                diagnosis.queue(site, "failed_events"),
                diagnosis.errors(site, "ingest"),
            )
        )
    return "TaskStarted"


def online(site: Site) -> str:
    """Check that GitHub lists the runner as online."""
    if site.github is None:
        raise Skipped(NO_CREDENTIAL)
    github = site.github

    def seen() -> bool:
        found = github.registered(site.repository, 1000)
        return any(one.runner_id == site.runner_id and one.online for one in found)

    try:
        found = site.patience.until("the runner's connection to GitHub", seen, START_SECONDS)
    except (Refused, Unavailable) as error:
        raise Failed(f"GitHub does not list its runners: {error}") from error
    if found is None:
        raise Failed(f"{site.runner_id} is not online at {site.repository}")
    return f"{site.runner_id} at {site.repository}"


def stop_sent(site: Site) -> str:
    """Check that the idle runner was deregistered, and that its task was stopped or has exited.

    A runner program exits when its registration is deleted.
    """

    def stopping() -> TaskStopSent | TaskStopped | None:
        sent: TaskStopSent | None = site.fact(TaskStopSent)
        stopped: TaskStopped | None = site.fact(TaskStopped)
        return sent or stopped

    def both() -> bool:
        return bool(site.fact(RunnerDeregistered) and stopping())

    if site.patience.until("the runner's deregistration", both, END_SECONDS) is None:
        found = ", ".join(one.event.type for one in site.events())
        raise Failed(causes(f"the job's stream: {found}", diagnosis.errors(site, "reconciler")))
    if site.github is not None:
        left = site.github.find(site.repository, site.runner_id)
        if left is not None:
            raise Failed(f"{site.runner_id} is still registered at {site.repository} as {left}")
    return f"RunnerDeregistered and {type(stopping()).__name__}"


def ended(site: Site) -> str:
    """Check that the runner is OFFLINE."""

    def offline() -> bool:
        row = site.row()
        return row is not None and row.status == "OFFLINE"

    if site.patience.until("the runner's end", offline, END_SECONDS) is None:
        row = site.row()
        raise Failed(
            causes(
                f"{site.runner_id} is {row.status if row else 'not in the table'}",
                diagnosis.task(site, site.fact(RunnerLaunched).task_arn),
                diagnosis.queue(site, "undelivered"),
                diagnosis.errors(site, "reconciler"),
            )
        )
    return f"{site.runner_id} is OFFLINE"
