"""What the simulated fleet is configured with: class sizes, the functions' environments."""

import json
from collections.abc import Mapping

from msgspec.structs import fields

from local.description import CONSUMERS
from shared.domain.policy import Images
from shared.rule_settings import RuleSettings
from tests.simulated.github import TOKEN, URL, token
from tests.simulated.names import (
    CLUSTER,
    DEAD_LETTERS,
    FLEET,
    QUEUES,
    REPOSITORY,
    UNDELIVERED,
    WEBHOOK_URL,
)
from tests.simulation.world.load import REPOSITORIES
from tests.support.webhooks import SECRET

_RULES = {field.name for field in fields(RuleSettings)}
OWNER = "octo"
PENDING_SECONDS = 300
"""Seconds that a job waits until it gets a pending commit status."""
CLASSES = {
    "small": {"cpu": 512, "memory": 1024},
    "large": {"cpu": 4096, "memory": 8192, "capacity": ["FARGATE_SPOT", "FARGATE"]},
}
IMAGES = Images(
    default_base="ubuntu:24.04",
    allowed=("ubuntu:*", "debian:*", "ghcr.io/octo/*"),
    revision="recipe-1",
    build_timeout=300,
)
"""What is built for jobs, in the worlds where images are."""


def parameters(credentials: int = 1) -> dict[str, str]:
    """What SSM holds, with that number of GitHub tokens."""
    return {
        **{token_parameter(number): token(number) for number in range(2, credentials + 1)},
        FLEET.parameter("class-sizes"): json.dumps(CLASSES),
        FLEET.parameter("github-token"): TOKEN,
        FLEET.parameter("webhook-secret"): SECRET,
    }


def token_parameter(number: int) -> str:
    """Return the parameter of the fleet's credential with that number, from 1 on."""
    return FLEET.parameter("github-token" if number == 1 else f"github-token-{number}")


def environments(
    settings: Mapping[str, str],
    *,
    images: bool,
    organization: bool = False,
    credentials: int = 1,
) -> dict[str, dict[str, str]]:
    """Each function's environment; `settings` are those that differ from the usual ones.

    Args:
        images: Whether runner images are built.
        organization: Whether runners are the organization's, of which some repositories are served.
        credentials: The number of GitHub tokens.
    """
    more = [{"token_param": token_parameter(number)} for number in range(2, credentials + 1)]
    project = {"IMAGE_BUILD_PROJECT": FLEET.image_project} if images else {}
    owner = {"GITHUB_ORGANIZATIONS": OWNER} if organization else {}
    tables = {"EVENTS_TABLE": FLEET.events_table, "RUNNER_TABLE": FLEET.runners_table}
    fleet = {
        **tables,
        "PREFIX": FLEET.prefix,
        "CLUSTER": FLEET.cluster,
        "CONFIG_BUCKET": FLEET.bucket,
        "CLASS_SIZES_PARAM": FLEET.parameter("class-sizes"),
        "DEFAULT_CLASS": "small",
        "GITHUB_TOKEN_PARAM": FLEET.parameter("github-token"),
        "GITHUB_ADDITIONAL_CREDENTIALS": json.dumps(more) if more else "",
        "GITHUB_API_URL": URL,
        "RUNNER_IMAGE": "runner",
        "TASK_DEFINITION": "runner:1",
        "SUBNET_IDS": "subnet-1,subnet-2",
        "SECURITY_GROUP_IDS": "sg-1",
        "COMMIT_STATUSES": "true",
        "COMMIT_STATUS_PENDING_SECONDS": str(PENDING_SECONDS),
        **(project and project | _builds()),
        **owner,
        **settings,
    }
    served = ",".join(dict.fromkeys(REPOSITORIES))
    offer = {"GITHUB_SCOPE": settings.get("GITHUB_SCOPE", served)}
    webhook = {"WEBHOOK_URL": WEBHOOK_URL}
    ingest = {
        **tables,
        "PREFIX": FLEET.prefix,
        "CLUSTER": CLUSTER,
        **offer,
        "WEBHOOK_SECRET_PARAM": FLEET.parameter("webhook-secret"),
        **project,
        **{name: text for name, text in fleet.items() if name.lower() in _RULES},
    }
    consumers = {name: fleet | {"QUEUE_URL": QUEUES[name]} for name in CONSUMERS}
    letters = {f"{name.upper()}_DEAD_LETTER_URL": url for name, url in DEAD_LETTERS.items()}
    queues = {f"{name.upper()}_QUEUE_URL": url for name, url in QUEUES.items()}
    outbox = {
        "PREFIX": FLEET.prefix,
        "EVENT_BUS_NAME": FLEET.bus,
        "UNDELIVERED_URL": UNDELIVERED,
        **queues,
    }
    return {
        "ingest": ingest,
        "outbox": outbox,
        "janitor": fleet | offer | letters | webhook,
        **consumers,
    }


def _builds() -> dict[str, str]:
    return {
        "IMAGE_REPOSITORY": REPOSITORY,
        "IMAGE_REVISION": IMAGES.revision,
        "DEFAULT_IMAGE": IMAGES.default_base,
        "ALLOWED_IMAGES": ",".join(IMAGES.allowed),
        "IMAGE_BUILD_TIMEOUT_SECONDS": str(IMAGES.build_timeout),
    }
