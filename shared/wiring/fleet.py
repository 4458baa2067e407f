"""The world of a function that drives streams: scheduler, reconciler, Janitor.

Ingest does not use this module: it needs the log alone, and must stay light.
"""

from shared.adapters.dynamodb import DynamoEventLog, DynamoRunnersTable
from shared.adapters.ecs import EcsTasks
from shared.adapters.github import GitHubRegistrations
from shared.adapters.images import EcrCodeBuildImages
from shared.adapters.s3 import S3ConfigStore
from shared.adapters.ssm import SsmParameters
from shared.engine.world import World
from shared.ports import Images, Parameters, Refused
from shared.wiring.outside import REAL, Outside
from shared.wiring.policy import FleetSettings, policy


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
        images=_images(settings, outside),
        clock=outside.clock,
        policy=lambda: policy(settings, parameters),
    )


def _images(settings: FleetSettings, outside: Outside) -> Images | None:
    if not settings.image_build_project:
        return None
    clients = outside.clients
    return EcrCodeBuildImages(
        ecr=clients.ecr(),
        codebuild=clients.codebuild(),
        ecs=clients.ecs(),
        repository_uri=settings.image_repository,
        project=settings.image_build_project,
    )


def _secret(parameters: Parameters, name: str) -> str:
    value = parameters.values([name])[name].strip()
    if not value:
        raise Refused(f"SSM: parameter {name} is empty; it must hold the GitHub token")
    return value
