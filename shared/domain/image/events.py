"""The events of runner images: the jobs that wait for one, its builds, its task definitions.

Events that name jobs are in the streams of the jobs and of the image. All others are in the image's
stream alone.
"""

from shared.domain.bounds import Duration, Time
from shared.domain.event import Fact


class ImageAwaited(Fact, frozen=True, kw_only=True):
    """A job's launch needs an image that is not ready. In the streams of both.

    `timeout` is the limit of the build in seconds. `repository` is the job's; the build counts
    towards the limit of that repository.
    """

    job_id: int
    runner_id: str
    tag: str
    base: str
    timeout: Duration
    repository: str = ""


class ImageBuildIntended(Fact, frozen=True, kw_only=True):
    """The registry has no image of that tag, so the `number`th build of it begins.

    If the build counts towards the limits of `repository`, the event is in the stream of the day's
    builds, too.
    """

    tag: str
    number: int
    base: str
    timeout: Duration
    repository: str = ""


class ImageBuildPostponed(Fact, frozen=True, kw_only=True):
    """The builder did not accept the build for now, and why. In the streams of these jobs, too.

    `attempt` counts the attempts to start this build. The next one is at `retry_at`.
    """

    tag: str
    number: int
    attempt: int
    reason: str
    retry_at: Time
    job_ids: tuple[int, ...]


class ImageBuildStarted(Fact, frozen=True, kw_only=True):
    """The builder started the build."""

    tag: str
    number: int
    build_id: str
    log_url: str = ""


class ImageBuildEnded(Fact, frozen=True, kw_only=True):
    """A build ended, as the builder reports. `status` is CodeBuild's, such as `SUCCEEDED`."""

    build_id: str
    status: str
    reason: str = ""
    log_url: str = ""


class ImageBuildFailed(Fact, frozen=True, kw_only=True):
    """The image could not be built, and why. The next job that needs it starts another build."""

    tag: str
    number: int
    reason: str
    log_url: str = ""


class ImageBuilt(Fact, frozen=True, kw_only=True):
    """The registry has the image: `<repository>@<digest>`."""

    tag: str
    image: str


class TaskDefinitionRegistered(Fact, frozen=True, kw_only=True):
    """A task definition that runs the image, copied from the revision `base_definition`."""

    tag: str
    base_definition: str
    task_definition: str


class ImageReady(Fact, frozen=True, kw_only=True):
    """The image is ready, and these jobs no longer wait for it. In the streams of all."""

    tag: str
    job_ids: tuple[int, ...]


class ImageUnavailable(Fact, frozen=True, kw_only=True):
    """These jobs get no runner, since their image could not be built. In the streams of all."""

    tag: str
    reason: str
    job_ids: tuple[int, ...]


class ImageExpired(Fact, frozen=True, kw_only=True):
    """No task has pulled the image since `unused_since`, so its deletion is intended."""

    tag: str
    unused_since: Time


class ImageDeleted(Fact, frozen=True, kw_only=True):
    """The image was deleted from the registry. The next job that needs it starts a build."""

    tag: str
