"""Creates the resources that RunTask needs in an emulated AWS."""

from collections.abc import Callable
from typing import Any


def make_fleet(client: Callable[..., Any], name: str) -> dict[str, Any]:
    """Create the resources of a RunTask request, and return it.

    A bucket has the cluster's name, too.
    """
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
