"""Registers copies of a task definition with another image for the runner's container."""

import re
from typing import TYPE_CHECKING, Any

from shared.adapters.ecs import CONTAINER
from shared.ports import Refused

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

MAX_FAMILY = 255
"""Maximum length; allowed are letters, digits, `-` and `_`. Source: Amazon ECS API Reference,
RegisterTaskDefinition, family."""

_NOT_IN_FAMILY = re.compile(r"[^A-Za-z0-9_-]")
_RESERVED = "aws:"
"""The prefix of the keys of AWS's own tags, which can't be set."""


def register_with_image(ecs: "ECSClient", base_definition: str, image: str, tag: str) -> str:
    """Register a copy of the base with that image in the tag's family, and return its ARN.

    Raises:
        Refused: the base has no container for the runner.
        ClientError, BotoCoreError: the call to ECS failed.
    """
    client: Any = ecs
    described = client.describe_task_definition(taskDefinition=base_definition, include=["TAGS"])
    base = described["taskDefinition"]
    model = client.meta.service_model.operation_model("RegisterTaskDefinition")
    known = model.input_shape.members
    # ECS omits unset fields. ministack returns empty strings for them, which ECS would reject.
    request = {name: value for name, value in base.items() if name in known and value != ""}
    request["family"] = family(base["family"], tag)
    request["containerDefinitions"] = _with_image(base, image)
    tags = [one for one in described.get("tags", []) if not one["key"].startswith(_RESERVED)]
    if tags:
        request["tags"] = tags
    response = client.register_task_definition(**request)
    return str(response["taskDefinition"]["taskDefinitionArn"])


def family(base: str, tag: str) -> str:
    """Return the family of the task definitions that run the image with that tag."""
    ending = _NOT_IN_FAMILY.sub("-", f"-{tag}")
    return base[: MAX_FAMILY - len(ending)] + ending


def _with_image(base: Any, image: str) -> list[Any]:
    containers: list[Any] = base["containerDefinitions"]
    names = [one["name"] for one in containers]
    if CONTAINER not in names:
        raise Refused(
            f"task definition {base['taskDefinitionArn']} has no container {CONTAINER!r}; "
            f"it has: {', '.join(names)}"
        )
    return [one | {"image": image} if one["name"] == CONTAINER else one for one in containers]
