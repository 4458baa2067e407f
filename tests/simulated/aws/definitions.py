"""Simulates ECS's task definitions in memory: families and their revisions.

Source: Amazon ECS API Reference, RegisterTaskDefinition and DescribeTaskDefinition.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session

from tests.simulated.aws.errors import error
from tests.simulated.aws.judged import judged

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012"
BASE: Mapping[str, Any] = {
    "family": "runner",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "runner", "image": "runner", "essential": True}],
    "tags": [{"key": "fleet", "value": "fleet"}],
}
"""The task definition of a new fleet: `runner:1`."""


class Meta:
    """The attribute `meta` of a client: botocore's service model, loaded on first use."""

    @property
    def service_model(self) -> Any:
        return _model()


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("ecs")


@judged("ecs")
class TaskDefinitions:
    """The part of ECS's client for task definitions."""

    meta = Meta()

    def __init__(self) -> None:
        self._definitions: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, list[dict[str, str]]] = {}
        self.register_task_definition(**BASE)

    def register_task_definition(self, **asked: Any) -> dict[str, Any]:
        family = asked["family"]
        number = 1 + sum(one["family"] == family for one in self._definitions.values())
        arn = f"{ACCOUNT}:task-definition/{family}:{number}"
        about = {name: value for name, value in asked.items() if name != "tags"}
        state = {"taskDefinitionArn": arn, "revision": number, "status": "ACTIVE"}
        self._definitions[arn] = about | state
        self._tags[arn] = list(asked.get("tags", []))
        return {"taskDefinition": dict(self._definitions[arn]), "tags": self._tags[arn]}

    def describe_task_definition(
        self, *, taskDefinition: str, include: tuple[str, ...] | list[str] = ()
    ) -> dict[str, Any]:
        found = self.definition(taskDefinition)
        if found is None:
            message = "Unable to describe task definition."
            raise error("ClientException", message, "DescribeTaskDefinition")
        tags = {"tags": self._tags[found["taskDefinitionArn"]]} if "TAGS" in include else {}
        return {"taskDefinition": dict(found), **tags}

    def definition(self, name: str) -> dict[str, Any] | None:
        """Return a task definition by its ARN, or by family and revision."""
        arn = name if name.startswith("arn:") else f"{ACCOUNT}:task-definition/{name}"
        return self._definitions.get(arn)

    def image(self, name: str) -> str:
        """Return the image of a definition's only container."""
        (container,) = (self.definition(name) or {})["containerDefinitions"]
        return str(container["image"])
