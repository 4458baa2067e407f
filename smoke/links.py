"""The checks of the chain from the webhook to the end of the runner."""

from typing import TypeVar

from shared.domain.events import (
    ConfigDeleted,
    Fact,
    ImageAwaited,
    ImageBuildFailed,
    ImageBuildPostponed,
    ImageBuildStarted,
    ImageBuilt,
    JobCompleted,
    JobQueued,
    JobRejected,
    LaunchFailed,
    RunnerDeregistered,
    RunnerLaunched,
    TaskStateChanged,
    TaskStopped,
    TaskStopSent,
)
from shared.domain.names import image_stream
from shared.ports import Refused, Unavailable
from smoke import diagnosis
from smoke.aws import is_missing
from smoke.diagnosis import causes
from smoke.site import Site
from smoke.verdict import Failed, Skipped
from smoke.webhook import Answer, job_payload

F = TypeVar("F", bound=Fact)

FIRST_ANSWER_SECONDS = 90
"""A new API's name takes some seconds to be known everywhere."""
NUDGE_SECONDS = 120
BUILD_SECONDS = 1200
LAUNCH_SECONDS = 300
START_SECONDS = 300
END_SECONDS = 300
TRIES = 3
"""After so many postponements the reason is taken for one that does not pass by itself."""

NO_GITHUB = "needs TOKEN_FILE and REPOSITORY: a runner is registered at GitHub"
_SERVER_ERROR = 500
_OK, _ACCEPTED, _UNAUTHORIZED = 200, 202, 401


def refuses_unsigned(site: Site) -> str:
    """401 to a webhook without a signature."""

    def answered() -> Answer | None:
        last = site.hook.send("ping", {"zen": "smoke"}, signed=False)
        seen.append(last)
        return last if 0 < last.status < _SERVER_ERROR else None

    seen: list[Answer] = []
    site.patience.until("the webhook's first answer", answered, FIRST_ANSWER_SECONDS)
    return _expected(site, seen[-1], _UNAUTHORIZED)


def answers_ping(site: Site) -> str:
    """200 to a signed ping."""
    return _expected(site, site.hook.send("ping", {"zen": "smoke"}), _OK)


def accepts_job(site: Site) -> str:
    """202 to a signed job."""
    payload = job_payload("queued", site.job_id, site.repository, site.begun)
    return _expected_intake(site, site.hook.send("workflow_job", payload))


def in_log(site: Site) -> str:
    """The job's first event is in the log."""
    if site.fact(JobQueued) is None:
        raise Failed(
            causes(
                f"table {site.outputs['tables']['events']} has no JobQueued for job {site.job_id}",
                diagnosis.errors(site, "ingest"),
            )
        )
    return f"JobQueued in {site.outputs['tables']['events']}"


def scheduler_pipe(site: Site) -> str:
    """The scheduler has heard of the job."""
    return _heard(site, "scheduler", after=0)


def image(site: Site) -> str:
    """The runner image is there."""
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
    facts = [one.event.fact for one in site.log.read(image_stream(tag))]
    return [one for one in facts if isinstance(one, kind)]


def launched(site: Site) -> str:
    """RunTask was accepted."""
    if not site.launches:
        raise Skipped(NO_GITHUB)
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
    """ECS's event that the task runs is in the log."""

    def seen() -> TaskStateChanged | None:
        stopped: TaskStopped | None = site.fact(TaskStopped)
        if stopped:
            raise Failed(causes("the task has stopped", stopped.stop_code, stopped.reason))
        changed: TaskStateChanged | None = site.fact(TaskStateChanged)
        return changed if changed and changed.status == "RUNNING" else None

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
    return "TaskStateChanged to RUNNING"


def online(site: Site) -> str:
    """GitHub sees the runner."""
    if site.github is None:
        raise Skipped(NO_GITHUB)
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


def config_deleted(site: Site) -> str:
    """The runner's registration is not in the bucket any more."""
    key, bucket = f"{site.runner_id}.env", site.outputs["config_bucket"]
    deleted = site.patience.until(
        "the config's deletion", lambda: site.fact(ConfigDeleted), NUDGE_SECONDS
    )
    if deleted is None:
        raise Failed(causes("no ConfigDeleted in the log", diagnosis.chain(site, "reconciler")))
    s3 = site.client("s3")
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except s3.exceptions.ClientError as error:
        if is_missing(error):
            return f"{key} is not in {bucket}"
        raise
    raise Failed(f"{key} is still in {bucket}")


def accepts_cancellation(site: Site) -> str:
    """202 to the end of the job."""
    payload = job_payload("completed", site.job_id, site.repository, site.begun, "cancelled")
    return _expected_intake(site, site.hook.send("workflow_job", payload))


def reconciler_pipe(site: Site) -> str:
    """The reconciler has heard of the job's end."""
    completed = [one.seq for one in site.events() if isinstance(one.event.fact, JobCompleted)]
    return _heard(site, "reconciler", after=completed[-1] if completed else 0)


def stop_sent(site: Site) -> str:
    """The idle runner was deregistered and its task told to stop."""

    def both() -> bool:
        return bool(site.fact(RunnerDeregistered) and site.fact(TaskStopSent))

    if site.patience.until("the runner's deregistration", both, END_SECONDS) is None:
        found = ", ".join(one.event.type for one in site.events())
        raise Failed(causes(f"the job's stream: {found}", diagnosis.errors(site, "reconciler")))
    if site.github is not None:
        left = site.github.find(site.repository, site.runner_id)
        if left is not None:
            raise Failed(f"{site.runner_id} is still registered at {site.repository} as {left}")
    return "RunnerDeregistered and TaskStopSent"


def ended(site: Site) -> str:
    """The runner is OFFLINE."""

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


def _expected(site: Site, answer: Answer, status: int) -> str:
    if answer.status == status:
        return f"{answer.status} {answer.text}"
    if answer.status == 0:
        raise Failed(f"no answer from {site.hook.url}: {answer.text}")
    raise Failed(
        causes(
            f"answered {answer.status} instead of {status}: {answer.text}",
            diagnosis.errors(site, "ingest"),
        )
    )


def _expected_intake(site: Site, answer: Answer) -> str:
    evidence = _expected(site, answer, _ACCEPTED)
    if '"ignored"' in answer.text:
        raise Failed(f"the webhook was ignored: {answer.text}")
    return evidence


def _heard(site: Site, consumer: str, *, after: int) -> str:
    """The first event after that one that the consumer has appended."""

    def first() -> str | None:
        actors = {one.event.actor: one for one in reversed(site.events()) if one.seq > after}
        if consumer in actors:
            return actors[consumer].event.type
        if "janitor" in actors:
            raise Failed(
                causes(
                    f"the Janitor has done the {consumer}'s work: its nudge was late or lost",
                    diagnosis.chain(site, consumer),
                )
            )
        return None

    found = site.patience.until(f"an event of the {consumer}", first, NUDGE_SECONDS)
    if found is None:
        raise Failed(causes(f"no event of the {consumer}", diagnosis.chain(site, consumer)))
    return f"{found} by the {consumer}"
