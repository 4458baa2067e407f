"""Creates the resources of a `description` in an AWS emulator and returns their names and URLs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.description import CONSUMERS, MAX_RECEIVES, Description
from shared.adapters.ecs import CONTAINER

MakeClient = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Names and URLs of the created resources. `queues` and `dead_letters` are URLs by consumer."""

    description: Description
    cluster_arn: str
    task_definition: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    stream_arn: str
    queues: Mapping[str, str]
    dead_letters: Mapping[str, str]
    failed_events: str
    undelivered: str
    repository_uri: str
    image_project: str


def create(
    description: Description, client: MakeClient, parameters: Mapping[str, str]
) -> Resources:
    """Create all resources. `parameters` has the values of the parameters by short name."""
    _put_parameters(description, client("ssm"), parameters)
    client("s3").create_bucket(Bucket=description.bucket)
    client("events").create_event_bus(Name=description.bus)
    for group in (description.log_group("ingest"), description.runner_log_group):
        client("logs").create_log_group(logGroupName=group)
    urls = _create_queues(description, client("sqs"))
    subnet, group = _create_network(description, client("ec2"))
    cluster, definition = _create_cluster(description, client("ecs"))
    return Resources(
        description=description,
        cluster_arn=cluster,
        task_definition=definition,
        subnets=(subnet,),
        security_groups=(group,),
        stream_arn=_create_tables(description, client("dynamodb")),
        queues={name: urls[description.queue(name)] for name in CONSUMERS},
        dead_letters={name: urls[description.dead_letters(name)] for name in CONSUMERS},
        failed_events=urls[description.failed_events],
        undelivered=urls[description.undelivered],
        repository_uri=_create_image_builds(description, client("ecr"), client("codebuild")),
        image_project=description.image_project,
    )


def _put_parameters(description: Description, ssm: Any, parameters: Mapping[str, str]) -> None:
    for name, value in parameters.items():
        kind = "String" if name == "class-sizes" else "SecureString"
        ssm.put_parameter(Name=description.parameter(name), Value=value, Type=kind)


def _create_tables(description: Description, dynamodb: Any) -> str:
    """Create the tables and return the ARN of the log's stream."""
    made = [dynamodb.create_table(**table)["TableDescription"] for table in description.tables()]
    return str(made[0]["LatestStreamArn"])


def _create_queues(description: Description, sqs: Any) -> dict[str, str]:
    """Create the queues and return the URLs of all queues by name."""
    urls = {
        name: sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        for name, attributes in (description.dead_letter_queues() | description.queues()).items()
    }
    for consumer in CONSUMERS:
        dead = sqs.get_queue_attributes(
            QueueUrl=urls[description.dead_letters(consumer)], AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        policy = {"deadLetterTargetArn": dead, "maxReceiveCount": MAX_RECEIVES}
        sqs.set_queue_attributes(
            QueueUrl=urls[description.queue(consumer)],
            Attributes={"RedrivePolicy": json.dumps(policy)},
        )
    return urls


def _create_network(description: Description, ec2: Any) -> tuple[str, str]:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/20")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(
        VpcId=vpc, GroupName=f"{description.prefix}-runners", Description="runners"
    )["GroupId"]
    return subnet, group


def _create_cluster(description: Description, ecs: Any) -> tuple[str, str]:
    cluster = ecs.create_cluster(clusterName=description.cluster)["cluster"]["clusterArn"]
    # moto rejects a container definition without memory.
    container = {"name": CONTAINER, "image": "runner", "essential": True, "memory": 512}
    definition = ecs.register_task_definition(
        family=f"{description.prefix}-runner",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]
    return str(cluster), str(definition)


def _create_image_builds(description: Description, ecr: Any, codebuild: Any) -> str:
    """Create repository and project, and return the URI of the repository."""
    repository = ecr.create_repository(**description.image_repository())["repository"]
    codebuild.create_project(**description.build_project(repository["registryId"]))
    return str(repository["repositoryUri"])
