"""Defines the fleet's functions for the local stack: handlers, timeouts, environments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import clients
from local.description import CONSUMERS
from local.lambdas.function import REGION, Function
from local.resources import Resources

DEFAULT_CLASS = "small"
MAX_RUNNERS = 100

HASTE = {
    "START_TIMEOUT_SECONDS": "30",
    "IDLE_TIMEOUT_SECONDS": "60",
    "FINISH_TIMEOUT_SECONDS": "10",
    "STOP_TIMEOUT_SECONDS": "10",
    "RUNNER_TTL_SECONDS": "600",
    "ORPHAN_GRACE_SECONDS": "20",
}
"""Short time limits for the demo; on AWS they are minutes and hours."""

RULES = {
    "COMMIT_STATUSES": "true",
    "COMMIT_STATUS_PENDING_SECONDS": "60",
    "COMMIT_STATUS_URL": "https://example.com/docs/refused-jobs.md",
    "LOST_JOB_RERUNS": "1",
}
"""What the rules of a job's stream depend on, for ingest and the functions that drive streams."""


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """URLs that the functions call besides the fleet's resources, and the scope that they serve.

    `webhook` is where GitHub sends webhooks.
    """

    aws: str
    github: str
    scope: str
    webhook: str = ""


NAMES = ("ingest", "outbox", *CONSUMERS, "janitor")
"""Names of all functions."""


def functions(
    resources: Resources, endpoints: Endpoints, paths: Mapping[str, Sequence[Path]]
) -> list[Function]:
    """Return all functions. Those in `paths` import modules only from there."""
    driving = fleet(resources, endpoints)
    environments = {
        "ingest": ingest(resources, endpoints),
        "outbox": outbox(resources),
        "janitor": driving | janitor(endpoints) | dead_letters(resources),
        **{name: driving | {"QUEUE_URL": resources.queues[name]} for name in CONSUMERS},
    }
    return [
        Function(
            name=name,
            handler=f"functions.{name}.handler.handler",
            environment=clients.variables(endpoints.aws, name) | environment,
            timeout=resources.description.timeout,
            path=paths.get(name, ()),
        )
        for name, environment in environments.items()
    ]


def cli(resources: Resources, endpoints: Endpoints) -> dict[str, str]:
    """Return the environment variables with which `ecsrunner` finds the fleet."""
    return clients.variables(endpoints.aws, "cli") | described(resources, endpoints)


def described(resources: Resources, endpoints: Endpoints) -> dict[str, str]:
    """Return the variables that describe the fleet, as Terraform's output `cli_environment`."""
    description = resources.description
    return {
        "AWS_REGION": REGION,
        "EVENTS_TABLE": description.events_table,
        "RUNNER_TABLE": description.runners_table,
        "CLASS_SIZES_PARAM": description.parameter("class-sizes"),
        **queues(resources),
        **dead_letters(resources),
        "FAILED_EVENTS_URL": resources.failed_events,
        "INGEST_LOG_GROUP": description.log_group("ingest"),
        "RUNNER_LOG_GROUP": description.runner_log_group,
        "WEBHOOK_URL": endpoints.webhook,
        "GITHUB_API_URL": endpoints.github,
        "GITHUB_APP_ID": "",
        "GITHUB_APP_KEY_PARAM": "",
    }


def queues(resources: Resources) -> dict[str, str]:
    """Return the variables with the URLs of the consumers' queues."""
    return {f"{name.upper()}_QUEUE_URL": url for name, url in resources.queues.items()}


def dead_letters(resources: Resources) -> dict[str, str]:
    """Return the variables with the URLs of the consumers' dead-letter queues."""
    return {f"{name.upper()}_DEAD_LETTER_URL": url for name, url in resources.dead_letters.items()}


def outbox(resources: Resources) -> dict[str, str]:
    """Return the environment of the outbox."""
    description = resources.description
    return {
        "PREFIX": description.prefix,
        "EVENT_BUS_NAME": description.bus,
        "UNDELIVERED_URL": resources.undelivered,
        **queues(resources),
    }


def ingest(resources: Resources, endpoints: Endpoints) -> dict[str, str]:
    """Return the environment of ingest."""
    description = resources.description
    return {
        "EVENTS_TABLE": description.events_table,
        "RUNNER_TABLE": description.runners_table,
        "PREFIX": description.prefix,
        "CLUSTER": resources.cluster_arn,
        "WEBHOOK_SECRET_PARAM": description.parameter("webhook-secret"),
        "IMAGE_BUILD_PROJECT": resources.image_project,
        **RULES,
        **offer(endpoints),
    }


def janitor(endpoints: Endpoints) -> dict[str, str]:
    """Return the variables that the Janitor has beside those of other functions."""
    webhook = {"WEBHOOK_URL": endpoints.webhook} if endpoints.webhook else {}
    return offer(endpoints) | webhook


def offer(endpoints: Endpoints) -> dict[str, str]:
    """Return the variables that say which jobs the fleet serves."""
    return {"GITHUB_SCOPE": endpoints.scope, "OFFERED_LABELS": "*"}


def fleet(resources: Resources, endpoints: Endpoints) -> dict[str, str]:
    """Return the environment of the functions that launch and stop runners."""
    description = resources.description
    return {
        "PREFIX": description.prefix,
        "EVENTS_TABLE": description.events_table,
        "RUNNER_TABLE": description.runners_table,
        "CLUSTER": description.cluster,
        "CONFIG_BUCKET": description.bucket,
        "CLASS_SIZES_PARAM": description.parameter("class-sizes"),
        "DEFAULT_CLASS": DEFAULT_CLASS,
        "MAX_RUNNERS": str(MAX_RUNNERS),
        "GITHUB_TOKEN_PARAM": description.parameter("github-token"),
        "GITHUB_API_URL": endpoints.github,
        "RUNNER_IMAGE": "runner",
        "TASK_DEFINITION": resources.task_definition,
        **RULES,
        "SUBNET_IDS": ",".join(resources.subnets),
        "SECURITY_GROUP_IDS": ",".join(resources.security_groups),
        "IMAGE_BUILD_PROJECT": resources.image_project,
        "IMAGE_REPOSITORY": resources.repository_uri,
        "IMAGE_REVISION": "local",
        "DEFAULT_IMAGE": "ubuntu:24.04",
        "ALLOWED_IMAGES": "ubuntu:*,debian:*",
        **HASTE,
    }
