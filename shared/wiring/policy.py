"""The settings of a function that drives streams, and the policy that is made from them."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from shared import class_sizes
from shared.domain.names import check_prefix
from shared.domain.policy import Images, Limits, Placement, Policy
from shared.domain.slot.rate_limit import FIRST
from shared.ports import Parameters
from shared.rule_settings import Seconds, rule_policy
from shared.wiring.github import GitHubSettings

_FOR_BUILDS = ("image_repository", "image_revision", "default_image")


class FleetSettings(GitHubSettings, frozen=True, kw_only=True):
    """The settings to launch and stop runners. Fields that end with `_param` name a parameter."""

    prefix: str
    events_table: str
    runner_table: str
    cluster: str
    config_bucket: str
    class_sizes_param: str
    default_class: str
    runner_image: str
    task_definition: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    assign_public_ip: bool = False
    start_timeout_seconds: Seconds = 300
    idle_timeout_seconds: Seconds = 300
    finish_timeout_seconds: Seconds = 60
    stop_timeout_seconds: Seconds = 120
    runner_ttl_seconds: Seconds = 7200
    orphan_grace_seconds: Seconds = 120
    allow_public_repositories: bool = False
    allow_forks: bool = False
    require_run_label: bool = False
    image_build_project: str = ""
    image_repository: str = ""
    image_revision: str = ""
    default_image: str = ""
    allowed_images: tuple[str, ...] = ()
    image_build_timeout_seconds: Seconds = 1800
    max_image_builds_per_day: Annotated[int, Meta(ge=1)] = 50
    max_repository_image_builds_per_day: Annotated[int, Meta(ge=1)] = 20
    image_unused_days: Annotated[int, Meta(ge=2)] = 30

    def __post_init__(self) -> None:
        """Refuse an invalid prefix, and an incomplete configuration of image builds."""
        super().__post_init__()
        check_prefix(self.prefix)
        if not self.image_build_project:
            return
        missing = [name for name in _FOR_BUILDS if not getattr(self, name)]
        if missing:
            names = ", ".join(name.upper() for name in missing)
            raise ValueError(f"{names}: required with IMAGE_BUILD_PROJECT")


def policy(settings: FleetSettings, parameters: Parameters) -> Policy:
    """Return the present policy. Its class sizes are at most a minute old.

    Raises:
        ClassSizesError: the parameter does not hold valid class sizes.
        Refused, Unavailable: the parameter can't be read.
    """
    sizes = parameters.values([settings.class_sizes_param])[settings.class_sizes_param]
    return replace(
        rule_policy(settings),
        classes=class_sizes.parse(sizes),
        default_class=settings.default_class,
        allow_public=settings.allow_public_repositories,
        allow_forks=settings.allow_forks,
        require_run_label=settings.require_run_label,
        limits=Limits(
            start=settings.start_timeout_seconds,
            idle=settings.idle_timeout_seconds,
            finish=settings.finish_timeout_seconds,
            stop=settings.stop_timeout_seconds,
            ttl=settings.runner_ttl_seconds,
        ),
        credentials=(FIRST, *(one.name for one in settings.credentials()[1:])),
        launches_per_minute=settings.github_launches_per_minute,
        images=_images(settings),
        placement=Placement(
            image=settings.runner_image,
            task_definition=settings.task_definition,
            subnets=settings.subnet_ids,
            security_groups=settings.security_group_ids,
            assign_public_ip=settings.assign_public_ip,
        ),
    )


def _images(settings: FleetSettings) -> Images | None:
    if not settings.image_build_project:
        return None
    return Images(
        default_base=settings.default_image,
        allowed=settings.allowed_images,
        revision=settings.image_revision,
        build_timeout=settings.image_build_timeout_seconds,
        builds_a_day=settings.max_image_builds_per_day,
        repository_builds_a_day=settings.max_repository_image_builds_per_day,
        unused_days=settings.image_unused_days,
    )
