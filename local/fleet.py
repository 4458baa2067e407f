"""The interface of a fleet that a stack runs, and a fleet that the stack creates itself.

`terraform.Applied` is a fleet that Terraform has created.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from local.aws.server import MotoServer
from local.description import Description
from local.dynamodb.server import DynamoDBLocal
from local.functions import Endpoints, cli, described, functions
from local.lambdas.function import Function
from local.lambdas.registered import register
from local.resources import MakeClient, Resources, create

CLASS_SIZES: Mapping[str, Any] = {
    "small": {"cpu": 512, "memory": 1024, "capacity": ["FARGATE_SPOT", "FARGATE"]},
    "large": {"cpu": 2048, "memory": 4096},
}

Paths = Mapping[str, Sequence[Path]]
"""Import paths by function. A function without an entry uses this project."""


class Fleet(Protocol):
    """The fleet that a stack runs."""

    @property
    def aws(self) -> MotoServer:
        """The AWS emulator with the fleet's resources."""
        ...

    @property
    def github_token(self) -> str:
        """The token that GitHub must accept."""
        ...

    @property
    def webhook_secret(self) -> str:
        """The secret with which GitHub must sign webhooks."""
        ...

    def start(self) -> None:
        """Start the AWS emulator, if it does not run."""
        ...

    def stop(self) -> None:
        """Stop everything that `start` has started."""
        ...

    def deploy(self, client: MakeClient, endpoints: Endpoints, paths: Paths) -> "Deployment":
        """Create or read the fleet, and configure its functions with the endpoints."""
        ...


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployed fleet: its resources, its functions, and the environment of `ecsrunner`."""

    resources: Resources
    functions: tuple[Function, ...]
    cli: Mapping[str, str]


class Created:
    """A fleet that is created from `description` in its own moto server, with random secrets.

    Args:
        dynamodb_local: Whether to use DynamoDB Local instead of moto's DynamoDB.
    """

    def __init__(self, description: Description, *, dynamodb_local: bool = False) -> None:
        self.aws = MotoServer()
        self._dynamodb = DynamoDBLocal() if dynamodb_local else None
        self.github_token = secrets.token_urlsafe(24)
        self.webhook_secret = secrets.token_urlsafe(24)
        self._description = description

    def start(self) -> None:
        """See `Fleet.start`.

        Raises:
            NotInstalledError: DynamoDB Local is selected, but not installed.
        """
        if self._dynamodb is not None:
            self.aws.dynamodb = self._dynamodb.start().url
        self.aws.start()

    def stop(self) -> None:
        """See `Fleet.stop`."""
        self.aws.stop()
        if self._dynamodb is not None:
            self._dynamodb.stop()

    def deploy(self, client: MakeClient, endpoints: Endpoints, paths: Paths) -> Deployment:
        """See `Fleet.deploy`."""
        parameters = {
            "class-sizes": json.dumps(CLASS_SIZES),
            "github-token": self.github_token,
            "webhook-secret": self.webhook_secret,
        }
        resources = create(self._description, client, parameters)
        _publish(resources, endpoints, client("ssm"))
        deployed = tuple(functions(resources, endpoints, paths))
        register(deployed, self._description.prefix, client)
        return Deployment(resources=resources, functions=deployed, cli=cli(resources, endpoints))


def _publish(resources: Resources, endpoints: Endpoints, ssm: Any) -> None:
    """Write the parameter with which `ecsrunner --fleet` finds the fleet."""
    value = {
        "version": version("ecs-runner-fleet"),
        "variables": described(resources, endpoints),
    }
    name = resources.description.cli_parameter
    ssm.put_parameter(Name=name, Value=json.dumps(value), Type="String", Tier="Standard")
