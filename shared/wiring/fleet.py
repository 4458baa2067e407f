"""The settings and the world of a function that drives streams: scheduler, reconciler, Janitor.

Ingest does not use this module: it needs the log alone, and must stay light.
"""

from typing import Annotated

from msgspec import Meta, Struct

from shared import class_sizes
from shared.adapters.dynamodb import DynamoEventLog, DynamoRunnersTable
from shared.adapters.ecs import EcsTasks
from shared.adapters.github import GitHubRegistrations
from shared.adapters.s3 import S3ConfigStore
from shared.adapters.ssm import SsmParameters
from shared.domain.names import check_prefix
from shared.domain.policy import Limits, Placement, Policy
from shared.engine.world import World
from shared.ports import Parameters, Refused
from shared.wiring.outside import REAL, Outside

Seconds = Annotated[int, Meta(ge=1)]


class FleetSettings(Struct, frozen=True, kw_only=True):
    """What it takes to launch and to stop runners. Secrets are names of parameters."""

    prefix: str
    events_table: str
    runner_table: str
    cluster: str
    config_bucket: str
    class_sizes_param: str
    default_class: str
    github_token_param: str
    runner_image: str
    task_definition: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    assign_public_ip: bool = False
    github_api_url: str = "https://api.github.com"
    github_organization: str = ""
    runner_group_id: Annotated[int, Meta(ge=1)] = 1
    start_timeout_seconds: Seconds = 300
    idle_timeout_seconds: Seconds = 300
    finish_timeout_seconds: Seconds = 60
    stop_timeout_seconds: Seconds = 120
    runner_ttl_seconds: Seconds = 7200
    max_runners: Annotated[int, Meta(ge=1)] = 100
    circuit_failures: Annotated[int, Meta(ge=1)] = 10
    circuit_pause_seconds: Seconds = 60
    launch_attempts: Annotated[int, Meta(ge=1)] = 6
    orphan_grace_seconds: Seconds = 120
    allow_public_repositories: bool = False
    allow_forks: bool = False
    max_launches: Annotated[int, Meta(ge=1)] = 3

    def __post_init__(self) -> None:
        """Refuse a prefix that can begin no runner's name."""
        check_prefix(self.prefix)


def world(settings: FleetSettings, outside: Outside = REAL) -> World:
    """The ports on AWS and GitHub."""
    clients = outside.clients
    parameters = SsmParameters(clients.ssm(), outside.cache_seconds)
    return World(
        log=DynamoEventLog(clients.dynamodb(), settings.events_table, settings.runner_table),
        table=DynamoRunnersTable(clients.dynamodb(), settings.runner_table),
        registrations=GitHubRegistrations(
            api_url=settings.github_api_url,
            token=lambda: _secret(parameters, settings.github_token_param),
            organization=settings.github_organization or None,
            runner_group_id=settings.runner_group_id,
            connect=outside.connect,
            clock=outside.clock,
            sleep=outside.sleep,
        ),
        configs=S3ConfigStore(clients.s3(), settings.config_bucket),
        tasks=EcsTasks(clients.ecs(), settings.cluster),
        clock=outside.clock,
        policy=lambda: policy(settings, parameters),
    )


def policy(settings: FleetSettings, parameters: Parameters) -> Policy:
    """The policy as it is now; class sizes are at most a minute old.

    Raises:
        ClassSizesError: the parameter does not hold valid class sizes.
        Refused, Unavailable: the parameter can't be read.
    """
    sizes = parameters.values([settings.class_sizes_param])[settings.class_sizes_param]
    return Policy(
        classes=class_sizes.parse(sizes),
        default_class=settings.default_class,
        max_runners=settings.max_runners,
        circuit_failures=settings.circuit_failures,
        circuit_pause=settings.circuit_pause_seconds,
        launch_attempts=settings.launch_attempts,
        max_launches=settings.max_launches,
        allow_public=settings.allow_public_repositories,
        allow_forks=settings.allow_forks,
        limits=Limits(
            start=settings.start_timeout_seconds,
            idle=settings.idle_timeout_seconds,
            finish=settings.finish_timeout_seconds,
            stop=settings.stop_timeout_seconds,
            ttl=settings.runner_ttl_seconds,
        ),
        placement=Placement(
            image=settings.runner_image,
            task_definition=settings.task_definition,
            subnets=settings.subnet_ids,
            security_groups=settings.security_group_ids,
            assign_public_ip=settings.assign_public_ip,
        ),
    )


def _secret(parameters: Parameters, name: str) -> str:
    value = parameters.values([name])[name].strip()
    if not value:
        raise Refused(f"SSM: parameter {name} is empty; it must hold the GitHub token")
    return value
