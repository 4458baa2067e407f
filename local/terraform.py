"""A fleet that Terraform has created in a running moto server.

The stack reads the fleet from Terraform's outputs and does not change it. The environments of its
functions differ from AWS in addresses and in time limits, which are shorter for the demo.
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
    """The fleet does not serve the repository of the stack's jobs."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A fleet that `terraform apply` has created; see `fleet.Fleet`.

    Attributes:
        aws: The AWS emulator. It runs, and continues to run when the stack stops.
        outputs: Outputs of the module by name.
        github_token: The token that Terraform has stored.
        webhook_secret: The webhook secret that Terraform has stored.
        limits: Environment variables with limits, which replace those of Terraform.
    """

    aws: MotoServer
    outputs: Mapping[str, Any]
    github_token: str
    webhook_secret: str
    limits: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """See `Fleet.start`. Without effect, because the emulator runs already."""

    def stop(self) -> None:
        """See `Fleet.stop`. Without effect, because the stack did not start the emulator."""

    def deploy(self, client: MakeClient, endpoints: Endpoints, paths: Paths) -> Deployment:
        """See `Fleet.deploy`. Functions are configured as they are in Lambda.

        Raises:
            OtherScopeError: The fleet does not serve the stack's owner.
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
            undelivered=queues["undelivered"],
            repository_uri=self.outputs["repository_url"],
            image_project=self.outputs["image_build_project"],
        )

    def _function(self, lambdas: Any, name: str, endpoints: Endpoints, paths: Paths) -> Function:
        configuration = lambdas.get_function_configuration(
            FunctionName=self.outputs["functions"][name]["name"]
        )
        environment = configuration["Environment"]["Variables"]
        return Function(
            name=name,
            handler=configuration["Handler"],
            environment=environment | self._elsewhere(environment, name, endpoints),
            timeout=configuration["Timeout"],
            memory=configuration["MemorySize"],
            path=paths.get(name, ()),
        )

    def _elsewhere(
        self, environment: Mapping[str, str], name: str, endpoints: Endpoints
    ) -> dict[str, str]:
        """Return the variables of a function whose values differ from AWS."""
        scopes = environment.get("GITHUB_SCOPE", endpoints.scope).split(",")
        if endpoints.scope not in {one.partition("/")[0] for one in scopes}:
            raise OtherScopeError(
                f"the fleet serves {', '.join(scopes)}, but not {endpoints.scope}"
            )
        others = {
            "GITHUB_API_URL": endpoints.github,
            "WEBHOOK_URL": endpoints.webhook,
            **self.limits,
        }
        differing = {key: others[key] for key in environment.keys() & others.keys()}
        return clients.variables(endpoints.aws, name) | differing
