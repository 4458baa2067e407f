"""What roles allow, held against what is asked of IAM in them, both ways."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from local.aws.calls import Call
from shared.adapters.waiting_jobs import BY_ARRIVAL
from tests.terraform.iam import Request, Statement, allowed, statements, why_not

BY_LAMBDA_ITSELF = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""In every function's role; the local stack has neither its logs nor its traces."""


def policy(iam: Any, role_arn: str) -> list[Statement]:
    """The statements in all policies of a role: inline ones, for the fleet's have no others."""
    role = role_arn.rpartition("/")[2]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached == [], f"{role} has policies that are not in the module: {attached}"
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=one) for one in names]
    return [one for told in documents for one in statements(told["PolicyDocument"])]


def out_of_reach(told: Mapping[str, Any]) -> dict[str, list[Call]]:
    """By function, the calls that the story does not come to make. `told` are the module's outputs.

    A build that is not over two minutes after its start is asked for, and stopped when it takes too
    long. A task that has not stopped within its limit is looked at. Lambda keeps the event of a
    Janitor's run that failed, which the local stack repeats. What ingest could not append with a
    fact, such as who gets a slot, the reconciler or the Janitor appends. A launch that was not the
    first attempt looks for its config. An image that nobody has used for long is deleted. A run of
    the Janitor reads one of the dead-letter queues, and puts back what it has read.
    """
    build = f"{told['image_build_project']}:0a1b2c3d"
    repository = told["repository_url"].partition("/")[2]
    overdue = [
        _call("ecr.BatchDeleteImage", repositoryName=repository, imageIds=[{"imageTag": "old"}]),
        _call("codebuild.BatchGetBuilds", ids=[build]),
        _call("codebuild.StopBuild", id=build),
    ]
    cluster = told["cluster"]
    task = f"{cluster['arn'].replace(':cluster/', ':task/')}/0a1b2c3d"
    look = _call("ecs.DescribeTasks", cluster=cluster["name"], tasks=[task])
    keep = _call("sqs.SendMessage", QueueUrl=told["queue_urls"]["failed_events"])
    runners = told["tables"]["runners"]
    slots = [
        _call("dynamodb.Query", TableName=runners, IndexName=BY_ARRIVAL),
        _call("dynamodb.BatchGetItem", RequestItems={runners: {}}),
        _call("dynamodb.TransactWriteItems", TransactItems=[{"Update": {"TableName": runners}}]),
    ]
    letters = [
        _call(f"sqs.{operation}", QueueUrl=told["queue_urls"][f"{name}_dead_letters"])
        for name in ("scheduler", "reconciler")
        for operation in ("ReceiveMessage", "ChangeMessageVisibilityBatch")
    ]
    stored = _call("s3.HeadObject", path=f"/{told['config_bucket']}/fleet-7-1.env")
    return {
        "ingest": [],
        "outbox": [],
        "scheduler": [stored],
        "reconciler": [look, *slots, *overdue],
        "janitor": [keep, *slots, *letters, stored, *overdue],
    }


def differences(name: str, policy: Sequence[Statement], asked: Set[Request]) -> Iterator[str]:
    """What a role lacks or has too much, and what is to be done about it; `name` is whose it is."""
    for request in sorted(asked):
        if not allowed(policy, request):
            yield f"{name} asks for {request} and may not ({why_not(policy, request)})"
    for statement in policy:
        if statement.allows:
            yield from _unused(name, statement, {one for one in asked if statement.matches(one)})


def _unused(name: str, statement: Statement, asked: Set[Request]) -> Iterator[str]:
    """The statement's actions and resources that nothing asked for is of."""
    if BY_LAMBDA_ITSELF.issuperset(statement.actions):
        return
    for action in sorted({*statement.actions} - {one.action for one in asked}):
        yield (
            f"{name} may {action} ({statement.sid}) and does not ask for it: take it away, make "
            "the story come to it, or say in out_of_reach when it is asked for"
        )
    for resource in statement.resources:
        alone = statement.of(resource)
        if not any(alone.matches(one) for one in asked):
            yield f"{name} may do things to {resource} ({statement.sid}) and does none"


def _call(operation: str, *, path: str = "/", **asked: Any) -> Call:
    return Call(caller="", operation=operation, path=path, body=json.dumps(asked).encode())
