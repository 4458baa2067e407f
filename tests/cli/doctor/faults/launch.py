"""Faults of what a launch needs: cluster, roles, images, network, quotas."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.cli.doctor.faults.fault import fault, refused
from tests.cli.doctor.stack import PREFIX, Site

DRIVING = ("scheduler", "reconciler", "janitor")
FARGATE_SPOT = "Fargate Spot vCPU resource count (L-36FBB829)"


@fault("cluster", "mini the cluster has no capacity provider FARGATE_SPOT", "terraform apply")
def the_cluster_has_no_spot(site: Site) -> Iterator[None]:
    _providers(site, "FARGATE")
    yield
    _providers(site, "FARGATE", "FARGATE_SPOT")


def _providers(site: Site, *names: str) -> None:
    site.client("ecs").put_cluster_capacity_providers(
        cluster=PREFIX, capacityProviders=list(names), defaultCapacityProviderStrategy=[]
    )


@fault("cluster", "mini the cluster is missing", "terraform apply")
def the_cluster_is_deleted(site: Site) -> Iterator[None]:
    with site.answers("DescribeClusters", lambda _: {"clusters": []}):
        yield


@fault("ecs-role", "ECS has no service-linked role", "aws iam create-service-linked-role")
def the_account_has_never_used_ecs(site: Site) -> Iterator[None]:
    yield from _without_role(site, "AWSServiceRoleForECS")


@fault("task-definition", "mini-runner-execution the role of the tasks does not exist", "terraform")
def the_execution_role_is_deleted(site: Site) -> Iterator[None]:
    yield from _without_role(site, f"{PREFIX}-runner-execution")


def _without_role(site: Site, name: str) -> Iterator[None]:
    site.client("iam").delete_role(RoleName=name)
    yield
    site.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")


@contextmanager
def _definition(site: Site, **changes: Any) -> Iterator[None]:
    arn = site.environment("janitor")["TASK_DEFINITION"]
    found = site.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    with site.answers("DescribeTaskDefinition", lambda _: {"taskDefinition": found | changes}):
        yield


@fault("task-definition", "the task definition is INACTIVE", "Register another revision")
def the_task_definition_is_deregistered(site: Site) -> Iterator[None]:
    with _definition(site, status="INACTIVE"):
        yield


@fault("task-definition", "it has no container runner", "terraform apply")
def the_task_definition_has_another_container(site: Site) -> Iterator[None]:
    with _definition(site, containerDefinitions=[{"name": "app"}]):
        yield


@fault("task-definition", "/mini/runners the log group of the runners does not exist", "terraform")
def the_log_group_is_deleted(site: Site) -> Iterator[None]:
    site.client("logs").delete_log_group(logGroupName=f"/{PREFIX}/runners")
    yield
    site.client("logs").create_log_group(logGroupName=f"/{PREFIX}/runners")


@fault("bucket", "mini-runner-configs the bucket of the environment files", "terraform apply")
def the_bucket_is_deleted(site: Site) -> Iterator[None]:
    with site.answers("HeadBucket", lambda _: refused("404", "Not Found")):
        yield


# --- images --------------------------------------------------------------------------------------


@fault("repository", "mini-runner the ECR repository does not exist", "terraform apply")
def the_repository_is_deleted(site: Site) -> Iterator[None]:
    gone = refused("RepositoryNotFoundException")
    with site.answers("DescribeRepositories", lambda _: gone):
        yield


@fault("repository", "own the image does not exist, and image_builds is false", "runner_image_tag")
def the_image_was_not_pushed(site: Site) -> Iterator[None]:
    image = f"{site.resources.repository_uri}:own"
    nothing = {"IMAGE_BUILD_PROJECT": "", "IMAGE_REPOSITORY": "", "RUNNER_IMAGE": image}
    with site.configured(*DRIVING, "ingest", **nothing):
        yield


@fault(
    "image-sizes",
    "image debian-1 it has 612 MB, compressed: each task pulls it for about 61 s",
    "smaller base image",
    level="warning",
)
def an_image_is_large(site: Site) -> Iterator[None]:
    small, large = (
        {"imageTags": [tag], "imageSizeInBytes": size, "imagePushedAt": 1767225600.0}
        for tag, size in (("debian-2", 499_999_999), ("debian-1", 612_345_678))
    )
    with site.answers("DescribeImages", lambda _: {"imageDetails": [small, large]}):
        yield


@fault("image-builds", "mini-runner-image the CodeBuild project does not exist", "terraform apply")
def the_build_project_is_deleted(site: Site) -> Iterator[None]:
    with site.answers("BatchGetProjects", lambda _: {"projects": []}):
        yield


@fault("image-builds", "runner.zip, does not exist", "make package")
def the_source_of_the_builds_is_deleted(site: Site) -> Iterator[None]:
    s3, bucket = site.client("s3"), site.resources.description.bucket
    s3.delete_object(Bucket=bucket, Key="runner.zip")
    yield
    s3.put_object(Bucket=bucket, Key="runner.zip", Body=b"x")


@fault("image-builds", "is FAILED: docker: too many requests", "Open its log", level="warning")
def the_newest_build_failed(site: Site) -> Iterator[None]:
    phases = [{"contexts": [{"message": "docker: too many requests"}]}]
    build = {"id": "mini:1", "buildStatus": "FAILED", "phases": phases}
    with (
        site.answers("ListBuildsForProject", lambda _: {"ids": ["mini:1"]}),
        site.answers("BatchGetBuilds", lambda _: {"builds": [build]}),
    ):
        yield


# --- network -------------------------------------------------------------------------------------


@fault("subnets", "subnet-0dead the subnet does not exist", "Set subnet_ids")
def a_subnet_is_deleted(site: Site) -> Iterator[None]:
    ids = ",".join([*site.resources.subnets, "subnet-0dead"])
    with site.configured(*DRIVING, SUBNET_IDS=ids):
        yield


@contextmanager
def _routed(site: Site, route: dict[str, str] | None) -> Iterator[None]:
    """Route the subnet out by another route, or by none."""
    (table,) = site.client("ec2").describe_route_tables(RouteTableIds=[site.route_table])[
        "RouteTables"
    ]
    routes = [one for one in table["Routes"] if one["DestinationCidrBlock"] != "0.0.0.0/0"]
    routes += [{"DestinationCidrBlock": "0.0.0.0/0", **route}] if route else []
    changed = {"RouteTables": [table | {"Routes": routes}]}
    with site.answers("DescribeRouteTables", lambda _: changed):
        yield


@fault("subnets", "has no route out: its runners can't reach GitHub", "NAT gateway")
def a_subnet_has_no_route_out(site: Site) -> Iterator[None]:
    with _routed(site, None):
        yield


@fault("subnets", "its route out leads to nat-1, which does not exist", "Replace the route")
def the_target_of_the_route_is_deleted(site: Site) -> Iterator[None]:
    with _routed(site, {"NatGatewayId": "nat-1", "State": "blackhole"}):
        yield


@fault("subnets", "its route out leads to nat-1, which is failed", "NAT gateway")
def the_nat_gateway_failed(site: Site) -> Iterator[None]:
    gateway = {"NatGatewayId": "nat-1", "State": "failed"}
    with (
        site.configured(*DRIVING, ASSIGN_PUBLIC_IP="false"),
        _routed(site, {"NatGatewayId": "nat-1", "State": "active"}),
        site.answers("DescribeNatGateways", lambda _: {"NatGateways": [gateway]}),
    ):
        yield


@fault("subnets", "runners get no public address", "assign_public_ip = true")
def runners_get_no_public_address(site: Site) -> Iterator[None]:
    with site.configured(*DRIVING, ASSIGN_PUBLIC_IP="false"):
        yield


@fault("subnets", "only 2 addresses are free", "larger subnet", level="warning")
def a_subnet_is_full(site: Site) -> Iterator[None]:
    ids = list(site.resources.subnets)
    (found,) = site.client("ec2").describe_subnets(SubnetIds=ids)["Subnets"]
    full = {"Subnets": [found | {"AvailableIpAddressCount": 2}]}
    with site.answers("DescribeSubnets", lambda _: full):
        yield


@fault("security-groups", "sg-0dead the security group does not exist", "Set security_groups")
def a_security_group_is_deleted(site: Site) -> Iterator[None]:
    with site.configured(*DRIVING, SECURITY_GROUP_IDS="sg-0dead"):
        yield


@fault("security-groups", "no rule lets runners reach port 443", "Allow outbound TCP 443")
def a_security_group_blocks_https(site: Site) -> Iterator[None]:
    ec2, group = site.client("ec2"), site.resources.security_groups[0]
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    assert rules["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    yield
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=everything)


# --- quotas and permissions ----------------------------------------------------------------------


@contextmanager
def _quota(site: Site, code: str, value: float) -> Iterator[None]:
    def answer(params: Any) -> Any:
        mine = json.loads(params["body"])["QuotaCode"] == code
        return {"Quota": {"Value": value if mine else 100.0}}

    with site.answers("GetServiceQuota", answer):
        yield


@fault(
    "fargate-quota",
    f"{FARGATE_SPOT} it is 6, but 20 runners (max_runners) of class small need 10",
    "or lower max_runners",
    level="warning",
)
def the_quota_is_below_max_runners(site: Site) -> Iterator[None]:
    with _quota(site, "L-36FBB829", 6.0):
        yield


@fault("fargate-quota", "too few for one runner of class small", "Service Quotas")
def the_quota_is_below_one_runner(site: Site) -> Iterator[None]:
    with _quota(site, "L-36FBB829", 0.0):
        yield


@fault("codebuild-quota", "it is 0: no image can be built", "Request 2 or more")
def no_image_may_be_built(site: Site) -> Iterator[None]:
    with _quota(site, "L-9D07B6EF", 0.0):
        yield


@fault(
    "subnets",
    "ec2:DescribeSubnets these credentials may not",
    "Allow ec2:DescribeSubnets",
    level="unknown",
)
def a_permission_is_missing(site: Site) -> Iterator[None]:
    with site.answers("DescribeSubnets", lambda _: refused("UnauthorizedOperation")):
        yield


@fault("bucket", "s3:ListBucket these credentials may not", "Allow s3:ListBucket", level="unknown")
def the_permission_for_the_bucket_is_missing(site: Site) -> Iterator[None]:
    with site.answers("HeadBucket", lambda _: refused("403", "Forbidden")):
        yield
