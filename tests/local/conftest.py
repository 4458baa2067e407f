"""Clients of the mended moto for the tests of the local stack's parts."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.aws.server import MotoServer

_NAMES = itertools.count(1)


@pytest.fixture
def client(moto_server: MotoServer) -> Iterator[Callable[..., Any]]:
    """Makes clients that try once, so that a 500 fails the test."""
    made = []

    def make(service: str, **config: Any) -> Any:
        one = boto3.client(
            service,
            endpoint_url=moto_server.url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20, **config),
        )
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"name-{next(_NAMES)}"


@pytest.fixture
def fleet(client: Callable[..., Any], name: str) -> dict[str, Any]:
    """A request for RunTask, and all that it names; the cluster's name is a bucket's, too."""
    ecs, ec2 = client("ecs"), client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName=name, Description="runners")["GroupId"]
    client("s3").create_bucket(Bucket=name)
    ecs.create_cluster(clusterName=name)
    definition = ecs.register_task_definition(
        family=name,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "runner",
                "image": "example/runner",
                "memory": 512,
                "environment": [{"name": "FROM", "value": "definition"}],
            }
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    network = {"subnets": [subnet], "securityGroups": [group], "assignPublicIp": "ENABLED"}
    return {
        "cluster": name,
        "taskDefinition": definition,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "networkConfiguration": {"awsvpcConfiguration": network},
    }
