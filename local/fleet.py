"""The fleet that a stack runs, and where it comes from: here, made by the stack itself.

One that Terraform has made is `terraform.Applied`'s.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from local.aws.server import MotoServer
from local.description import Description
from local.dynamodb.server import DynamoDBLocal
from local.functions import Endpoints, cli, functions
from local.lambdas.function import Function
from local.resources import MakeClient, Resources, create

CLASS_SIZES: Mapping[str, Any] = {
    "small": {"cpu": 512, "memory": 1024, "capacity": ["FARGATE_SPOT", "FARGATE"]},
    "large": {"cpu": 2048, "memory": 4096},
}

Paths = Mapping[str, Sequence[Path]]
"""By function, where its modules are; of one that is not in it, this project is it."""


class Fleet(Protocol):
    """What a stack asks of the fleet that it runs, wherever that comes from."""

    @property
    def aws(self) -> MotoServer:
        """Where its resources are."""
        ...

    @property
    def github_token(self) -> str:
        """What GitHub is to accept of it."""
        ...

    @property
    def webhook_secret(self) -> str:
        """What GitHub is to sign webhooks with."""
        ...

    def start(self) -> None:
        """See that AWS runs."""
        ...

    def stop(self) -> None:
        """Stop what `start` has started."""
        ...

    def deploy(self, client: MakeClient, endpoints: Endpoints, paths: Paths) -> "Deployment":
        """See that all of it is there, its functions wired to what is endpoints."""
        ...


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A fleet that is there: resources, functions, and what `ecsrunner` needs to find it."""

    resources: Resources
    functions: tuple[Function, ...]
    cli: Mapping[str, str]


class Created:
    """A fleet as `description` has it, in a moto of its own; its secrets are random.

    Args:
        dynamodb_local: Whether DynamoDB Local is its DynamoDB instead of moto.
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
            NotInstalledError: DynamoDB Local is wanted, and is not there.
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
        return Deployment(
            resources=resources,
            functions=tuple(functions(resources, endpoints, paths)),
            cli=cli(resources, endpoints),
        )
