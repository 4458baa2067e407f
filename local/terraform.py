"""A fleet that Terraform has made, in a moto that runs: read from its outputs, and never changed.

What runs on it here differs from AWS in addresses and, for people who watch, in time limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local import clients
from local.aws.server import MotoServer
from local.description import CONSUMERS, Description
from local.fleet import Deployment, Paths
from local.functions import NAMES, Endpoints
from local.lambdas.function import Function
from local.resources import MakeClient, Resources


class OtherScopeError(ValueError):
    """The stack's jobs would be queued where the fleet serves nobody."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A fleet that `terraform apply` made; see `fleet.Fleet`.

    Attributes:
        aws: Where it is. It runs, and stays when the stack stops.
        outputs: The module's, by name.
        github_token: The token that Terraform was given.
        webhook_secret: The webhook's secret that Terraform was given.
        limits: Variables of limits in place of Terraform's, where a function has them.
    """

    aws: MotoServer
    outputs: Mapping[str, Any]
    github_token: str
    webhook_secret: str
    limits: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """See `Fleet.start`: it runs, or there would be nothing in it."""

    def stop(self) -> None:
        """See `Fleet.stop`: who started it stops it."""

    def deploy(self, client: MakeClient, endpoints: Endpoints, paths: Paths) -> Deployment:
        """See `Fleet.deploy`. Functions are as Lambda has them, for that is what would run.

        Raises:
            OtherScopeError: the fleet does not serve the stack's owner.
        """
        lambdas = client("lambda")
        return Deployment(
            resources=self._resources(client("dynamodb")),
            functions=tuple(self._function(lambdas, name, endpoints, paths) for name in NAMES),
            cli=self.outputs["cli_environment"] | clients.variables(endpoints.aws, "cli"),
        )

    def _resources(self, dynamodb: Any) -> Resources:
        driving = self.outputs["function_environments"]["scheduler"]
        queues = self.outputs["queue_urls"]
        log = dynamodb.describe_table(TableName=self.outputs["tables"]["events"])["Table"]
        return Resources(
            description=Description(driving["PREFIX"]),
            cluster_arn=self.outputs["cluster"]["arn"],
            task_definition=self.outputs["task_definition"],
            subnets=tuple(driving["SUBNET_IDS"].split(",")),
            security_groups=tuple(driving["SECURITY_GROUP_IDS"].split(",")),
            stream_arn=log["LatestStreamArn"],
            queues={name: queues[name] for name in CONSUMERS},
            dead_letters={name: queues[f"{name}_dead_letters"] for name in CONSUMERS},
            failed_events=queues["failed_events"],
            repository_uri=self.outputs["repository_url"],
            image_project=self.outputs["image_build_project"],
        )

    def _function(self, lambdas: Any, name: str, endpoints: Endpoints, paths: Paths) -> Function:
        told = lambdas.get_function_configuration(
            FunctionName=self.outputs["functions"][name]["name"]
        )
        environment = told["Environment"]["Variables"]
        return Function(
            name=name,
            handler=told["Handler"],
            environment=environment | self._elsewhere(environment, name, endpoints),
            timeout=told["Timeout"],
            memory=told["MemorySize"],
            path=paths.get(name, ()),
        )

    def _elsewhere(
        self, environment: Mapping[str, str], name: str, endpoints: Endpoints
    ) -> dict[str, str]:
        """What a function is told otherwise than on AWS; only of what it is told there."""
        scopes = environment.get("GITHUB_SCOPE", endpoints.scope).split(",")
        if endpoints.scope not in {one.partition("/")[0] for one in scopes}:
            raise OtherScopeError(
                f"the fleet serves {', '.join(scopes)}; of {endpoints.scope} it would serve nobody"
            )
        others = {"GITHUB_API_URL": endpoints.github, **self.limits}
        differing = {key: others[key] for key in environment.keys() & others.keys()}
        return clients.variables(endpoints.aws, name) | differing
