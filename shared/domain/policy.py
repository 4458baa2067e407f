"""What the operator decided: sizes, limits and the place where tasks run. Values only, no rules."""

from collections.abc import Mapping

from msgspec import Struct


class ClassSize(Struct, frozen=True, kw_only=True):
    """A runner class: CPU units, MiB, and the capacity providers to try, in order."""

    cpu: int
    memory: int
    capacity: tuple[str, ...] = ("FARGATE",)


class Limits(Struct, frozen=True, kw_only=True):
    """How long a runner may stay as it is, in seconds. Each launch takes them into the log.

    So a row's deadline follows from the log alone, and a change of policy binds new runners only.
    """

    lease: int = 20
    """From the begin of an attempt to launch until another invocation may go on with it: longer
    than a launch takes. Who goes on with it records that first, which fences the other one off."""
    start: int = 300
    """From RunTask until the task runs."""
    idle: int = 300
    """From the task running until it takes a job."""
    finish: int = 60
    """From the job's end until the task has stopped by itself."""
    stop: int = 120
    """From StopTask until ECS says that the task stopped; then ask ECS."""
    ttl: int = 7200
    """From the intent to launch, over all: the only limit that stops a busy runner."""


class Placement(Struct, frozen=True, kw_only=True):
    """Where a task runs and from what: it goes into the log with each launch."""

    image: str
    task_definition: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool = False


class Images(Struct, frozen=True, kw_only=True):
    """Which images are built for jobs. `revision` changes with whatever a build is made of."""

    default_base: str
    """What jobs without an `image:` label run on."""
    allowed: tuple[str, ...] = ()
    """Patterns of the bases that a label may name: `*` stands for any text within a
    registry, a part of the path, a tag or a digest."""
    revision: str
    """Of the build's recipe: content of `runner/`, version of GitHub's runner, architecture."""
    build_timeout: int = 1800
    """Seconds that a build may take."""
    builds_a_day: int = 50
    """How many builds the labels of jobs may cause in a day, in UTC."""
    repository_builds_a_day: int = 20
    """How many of them the jobs of one repository may cause."""
    unused_days: int = 30
    """After so many days without a pull an image is deleted."""


class Policy(Struct, frozen=True, kw_only=True):
    """All that `next_action` may take from outside the log."""

    classes: Mapping[str, ClassSize]
    default_class: str
    placement: Placement
    limits: Limits = Limits()
    notices: bool = False
    """Whether somebody wants to be told of what went wrong, as it happens."""
    images: Images | None = None
    """None: no images are built; every runner is launched from `placement`."""
    max_runners: int = 100
    """How many runners may be launched and not over, in the whole fleet."""
    circuit_failures: int = 10
    """After so many broken launches in a row, launches are tried one at a time."""
    circuit_pause: int = 60
    """Seconds from the last broken launch until the next one is tried."""
    max_launches: int = 3
    """How many runners of a job may die before they took a job, before the job is given up."""
    allow_public: bool = False
    """Whether jobs of public repositories get runners: their pull requests run strangers' code."""
    organization: str = ""
    """Whose runners the fleet's are; empty: each runner is its repository's alone."""
    require_run_label: bool = False
    """Whether a job needs a label that is unique to its run."""
    allow_forks: bool = False
    """Whether jobs of repositories that are forks get runners."""
    backoff_first: float = 2.0
    """Seconds before the second attempt; doubled for each further one."""
    backoff_most: float = 900.0
    """Seconds: no longer wait than this, unless GitHub or AWS requires one."""
