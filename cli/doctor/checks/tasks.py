"""The checks of what a launch needs: cluster, roles, task definition, log group, bucket."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor.checks.parameters import valid_classes
from cli.doctor.context import Context
from cli.doctor.errors import is_missing
from cli.doctor.finding import Finding, problem
from shared.adapters.ecs import CONTAINER

_APPLY = "terraform apply"
_ROLE = "AWSServiceRoleForECS"


def cluster(context: Context) -> Iterator[Finding]:
    """Yield that the cluster is missing, or lacks a capacity provider of a class.

    Source: Amazon ECS API Reference, Cluster (status, capacityProviders).
    """
    name = context.settings.cluster
    found = context.client("ecs").describe_clusters(clusters=[name])["clusters"]
    if not found or found[0]["status"] != "ACTIVE":
        status = found[0]["status"] if found else "missing"
        yield problem(name, f"the cluster is {status}: no task can be run", f"{_APPLY} creates it.")
        return
    missing = _providers(context) - set(found[0].get("capacityProviders", []))
    if missing:
        yield problem(
            name,
            f"the cluster has no capacity provider {', '.join(sorted(missing))}",
            f"Add it again: {_APPLY}.",
        )


def _providers(context: Context) -> set[str]:
    return {provider for one in valid_classes(context).values() for provider in one.capacity}


def service_role(context: Context) -> Iterator[Finding]:
    """Yield that ECS lacks its role, as in an account that has never used ECS.

    Source: Amazon ECS Developer Guide, "Using service-linked roles for Amazon ECS".
    """
    if context.is_there and not _role(context, _ROLE):
        yield problem(
            _ROLE,
            "ECS has no service-linked role, so it can't attach network interfaces",
            "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
        )


def _role(context: Context, name: str) -> bool:
    try:
        context.client("iam").get_role(RoleName=name)
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    return True


def definition(context: Context) -> Iterator[Finding]:
    """Yield that the base task definition can't be launched.

    Source: Amazon ECS API Reference, TaskDefinition; Amazon ECS Developer Guide, "Stopped tasks
    error messages" (ResourceInitializationError: a log group that is missing).
    """
    arn = context.settings.task_definition
    try:
        found = context.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    except ClientError as error:
        if "not exist" not in str(error) and "Unable to describe" not in str(error):
            raise
        yield problem(arn, "the task definition does not exist", f"Register it again: {_APPLY}.")
        return
    if found["status"] != "ACTIVE":
        yield problem(
            arn,
            f"the task definition is {found['status']}: no task can be launched from it",
            f"Register another revision: {_APPLY} -replace of aws_ecs_task_definition.runner.",
        )
    containers = {one["name"]: one for one in found["containerDefinitions"]}
    if CONTAINER not in containers:
        yield problem(arn, f"it has no container {CONTAINER}", f"Register it again: {_APPLY}.")
        return
    yield from _roles(context, found)
    yield from _log_group(context, containers[CONTAINER])


def _roles(context: Context, found: Mapping[str, Any]) -> Iterator[Finding]:
    for kind in ("executionRoleArn", "taskRoleArn"):
        arn = found.get(kind, "")
        if arn and not _role(context, arn.rpartition("/")[2]):
            yield problem(arn, "the role of the tasks does not exist", f"{_APPLY} creates it.")


def _log_group(context: Context, container: Mapping[str, Any]) -> Iterator[Finding]:
    options = container.get("logConfiguration", {}).get("options", {})
    name = options.get("awslogs-group")
    if not name:
        return
    listed = context.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if name not in {one["logGroupName"] for one in listed}:
        yield problem(
            name, "the log group of the runners does not exist: tasks do not start", f"{_APPLY}."
        )


def bucket(context: Context) -> Iterator[Finding]:
    """Yield that the bucket of the environment files is missing.

    Source: Amazon S3 API Reference, HeadBucket.
    """
    name = context.settings.config_bucket
    try:
        context.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if not is_missing(error):
            raise
        yield problem(
            name, "the bucket of the environment files does not exist", f"{_APPLY} creates it."
        )
