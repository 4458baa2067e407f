"""Runner images: who waits for one, how it is built, what runs from it.

Those that name jobs are in the jobs' streams too, all others in the image's alone.
"""

from shared.domain.bounds import Time
from shared.domain.event import Fact


class ImageAwaited(Fact, frozen=True, kw_only=True):
    """A job's launch needs an image that is not ready. In the streams of both.

    `timeout` is how many seconds its build may take. `repository` is the job's: a build counts
    towards its limit.
    """

    job_id: int
    runner_id: str
    tag: str
    base: str
    timeout: int
    repository: str = ""


class ImageBuildIntended(Fact, frozen=True, kw_only=True):
    """The image is in the registry under no such tag, so its `number`th build is to begin.

    In the stream of the day's builds, too, if it counts towards the limits: for `repository`.
    """

    tag: str
    number: int
    base: str
    timeout: int
    repository: str = ""


class ImageBuildPostponed(Fact, frozen=True, kw_only=True):
    """The builder would not start the build yet, and why. In the streams of these jobs, too.

    `attempt` counts the tries to start this build; it is tried again at `retry_at`.
    """

    tag: str
    number: int
    attempt: int
    reason: str
    retry_at: Time
    job_ids: tuple[int, ...]


class ImageBuildStarted(Fact, frozen=True, kw_only=True):
    """The builder has begun."""

    tag: str
    number: int
    build_id: str
    log_url: str = ""


class ImageBuildEnded(Fact, frozen=True, kw_only=True):
    """The builder says that a build is over. `status` is CodeBuild's, such as `SUCCEEDED`."""

    build_id: str
    status: str
    reason: str = ""
    log_url: str = ""


class ImageBuildFailed(Fact, frozen=True, kw_only=True):
    """There is no image, and why. The next job that needs it has it built again."""

    tag: str
    number: int
    reason: str
    log_url: str = ""


class ImageBuilt(Fact, frozen=True, kw_only=True):
    """The registry has the image: `<repository>@<digest>`."""

    tag: str
    image: str


class TaskDefinitionRegistered(Fact, frozen=True, kw_only=True):
    """What is launched from the image; it was made from the revision `base_definition`."""

    tag: str
    base_definition: str
    task_definition: str


class ImageReady(Fact, frozen=True, kw_only=True):
    """These jobs wait no longer for the image. In the streams of all."""

    tag: str
    job_ids: tuple[int, ...]


class ImageUnavailable(Fact, frozen=True, kw_only=True):
    """These jobs get no runner, since their image could not be built. In the streams of all."""

    tag: str
    reason: str
    job_ids: tuple[int, ...]


class ImageExpired(Fact, frozen=True, kw_only=True):
    """No task has pulled the image since `unused_since`, so it is to be deleted."""

    tag: str
    unused_since: Time


class ImageDeleted(Fact, frozen=True, kw_only=True):
    """The registry does not have the image any more. The next job that needs it has it built."""

    tag: str
