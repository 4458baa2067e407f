"""The operator's configuration: sizes, limits and where tasks run. Values only, no rules."""

from collections.abc import Mapping

from msgspec import Struct

from shared.domain.bounds import Duration
from shared.domain.runner_scope import AT_REPOSITORIES, RunnerScopes
from shared.domain.slot.rate_limit import FIRST, LAUNCHES_PER_MINUTE


class ClassSize(Struct, frozen=True, kw_only=True):
    """A runner class: CPU units, MiB, and the capacity providers to try, in order."""

    cpu: int
    memory: int
    capacity: tuple[str, ...] = ("FARGATE",)


class Limits(Struct, frozen=True, kw_only=True):
    """How long a runner may stay in a phase, in seconds. Each launch records them in the log.

    So a row's deadline depends on the log alone, and a change applies to new runners only.
    """

    lease: Duration = 20
    """From the start of a launch attempt until another invocation may resume it. It is longer than
    a launch takes. The other invocation first appends `LaunchResumed`, which fences this one."""
    start: Duration = 300
    """From RunTask until the task is RUNNING."""
    idle: Duration = 300
    """From RUNNING until the runner takes a job."""
    finish: Duration = 60
    """From the job's end until the task stops by itself."""
    stop: Duration = 120
    """From StopTask until the task is reported as stopped; then it is described."""
    ttl: Duration = 7200
    """From the intent to launch until the end: the only limit that stops a busy runner."""


class Placement(Struct, frozen=True, kw_only=True):
    """Where a task runs and from what image. Each launch records it in the log."""

    image: str
    task_definition: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool = False


class Images(Struct, frozen=True, kw_only=True):
    """The configuration of image builds. `revision` changes with any input of a build."""

    default_base: str
    """The base image of jobs without an `image:` label."""
    allowed: tuple[str, ...] = ()
    """Patterns of the bases that a label may name. `*` matches any text within a
    registry, a part of the path, a tag or a digest."""
    revision: str
    """Identifies the build recipe: content of `runner/`, version of GitHub's runner,
    architecture."""
    build_timeout: int = 1800
    """Limit of a build in seconds."""
    builds_a_day: int = 50
    """How many builds the labels of jobs may cause in a UTC day."""
    repository_builds_a_day: int = 20
    """How many of these builds the jobs of one repository may cause."""
    unused_days: int = 30
    """Number of days without a pull after which an image is deleted."""


class CommitStatuses(Struct, frozen=True, kw_only=True):
    """Whether GitHub shows with a commit why a job has no runner."""

    enabled: bool = False
    pending_after: int = 600
    """Seconds that a job waits for a runner until it gets a pending status."""
    url: str = ""
    """What a status links to: an explanation of the reasons."""


class Policy(Struct, frozen=True, kw_only=True):
    """All input of `next_action` that is not in the log."""

    classes: Mapping[str, ClassSize]
    default_class: str
    placement: Placement
    limits: Limits = Limits()
    images: Images | None = None
    """None: no images are built; every runner is launched from `placement`."""
    max_runners: int = 100
    """The limit of concurrent runners of the fleet, from the intent to launch to the end."""
    circuit_failures: int = 10
    """Number of broken launches in a row after which launches are tried one at a time."""
    circuit_pause: int = 60
    """Seconds from the last broken launch until the next one is tried."""
    max_launches: int = 3
    """How many runners of a job may die without a job until the job is given up."""
    allow_public: bool = False
    """Whether jobs of public repositories get runners. Pull requests there run untrusted code."""
    runner_scopes: RunnerScopes = AT_REPOSITORIES
    """Where runners are registered, and so which jobs may take them."""
    require_run_label: bool = False
    """Whether a job needs a label that is unique to its run."""
    allow_forks: bool = False
    """Whether jobs of repositories that are forks get runners."""
    cancel_refused_runs: bool = False
    """Whether the workflow run of a refused job is cancelled, with all of its jobs."""
    commit_statuses: CommitStatuses = CommitStatuses()
    lost_job_reruns: int = 0
    """How often a job is run again that was lost with its task."""
    credentials: tuple[str, ...] = (FIRST,)
    """The names of the credentials that register runners at GitHub. The first one is ""."""
    launches_per_minute: int = LAUNCHES_PER_MINUTE
    """How many runners each of them registers in a minute."""
    backoff_first: float = 2.0
    """Maximum backoff in seconds before the second attempt, of which jitter takes up to a half;
    doubles with each further one."""
    backoff_most: float = 900.0
    """Maximum backoff in seconds, unless GitHub or AWS requires a longer one."""
