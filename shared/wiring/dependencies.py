"""Wires the dependencies of a function that drives streams: scheduler, reconciler, Janitor.

Ingest does not use this module: it calls no other system than DynamoDB, and must stay light.
"""

from collections.abc import Callable

from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.ecs import EcsTasks
from shared.adapters.github_commit_statuses import GitHubCommitStatuses
from shared.adapters.github_jobs import GitHubJobs
from shared.adapters.images import EcrCodeBuildImages
from shared.adapters.runners_table import DynamoRunnersTable
from shared.adapters.s3 import S3ConfigStore
from shared.domain.unreadable import Unreadable, refuse
from shared.engine.dependencies import Dependencies
from shared.ports import Images, Parameters
from shared.wiring.backends import REAL, Backends
from shared.wiring.github import github_client, registrations
from shared.wiring.policy import FleetSettings, policy


def dependencies(
    settings: FleetSettings,
    backends: Backends = REAL,
    parameters: Parameters | None = None,
    on_rate_limit: Callable[[str, int], None] = lambda _resource, _remaining: None,
    on_unreadable: Callable[[Unreadable], None] = refuse,
) -> Dependencies:
    """Return the ports with their adapters for AWS and GitHub.

    Args:
        parameters: Those that the function shares with others; None: they get a cache of their own.
        on_rate_limit: Called with the resource of a rate limit and the number of requests left.
        on_unreadable: Called for each row or stream that is left out because it can't be read.
    """
    clients = backends.clients
    parameters = parameters or backends.parameters()
    github, *others = (
        github_client(settings, one, parameters, backends, on_rate_limit)
        for one in settings.credentials()
    )
    more = zip(settings.credentials()[1:], others, strict=True)
    return Dependencies(
        log=DynamoEventLog(clients.dynamodb(), settings.events_table, settings.runner_table),
        table=DynamoRunnersTable(clients.dynamodb(), settings.runner_table, on_unreadable),
        registrations=registrations(settings, github),
        more_registrations={one.name: registrations(settings, client) for one, client in more},
        jobs=GitHubJobs(github, on_unreadable),
        commit_statuses=GitHubCommitStatuses(github),
        configs=S3ConfigStore(clients.s3(), settings.config_bucket),
        tasks=EcsTasks(clients.ecs(), settings.cluster),
        images=_images(settings, backends),
        clock=backends.clock,
        policy=lambda: policy(settings, parameters),
        pause=backends.sleep,
        on_unreadable=on_unreadable,
    )


def _images(settings: FleetSettings, backends: Backends) -> Images | None:
    if not settings.image_build_project:
        return None
    clients = backends.clients
    return EcrCodeBuildImages(
        ecr=clients.ecr(),
        codebuild=clients.codebuild(),
        ecs=clients.ecs(),
        repository_uri=settings.image_repository,
        project=settings.image_build_project,
    )
