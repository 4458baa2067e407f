"""What calls ask of IAM, by the resources that they name."""

import json
from typing import Any

import pytest

from local.aws.calls import Call
from tests.terraform.iam import Request
from tests.terraform.requests import UnknownCallError, requests

HERE = "us-east-1:123456789012"
TABLE = f"arn:aws:dynamodb:{HERE}:table"
ROLES = ("arn:aws:iam::123456789012:role/execution", "arn:aws:iam::123456789012:role/task")
CLUSTER = ("ecs:cluster", f"arn:aws:ecs:{HERE}:cluster/fleet")
TO_TASKS = ("iam:PassedToService", "ecs-tasks.amazonaws.com")
DEFINITION = f"arn:aws:ecs:{HERE}:task-definition/runner:7"


def _asked(operation: str, path: str = "/", **body: Any) -> list[Request]:
    call = Call(caller="", operation=operation, path=path, body=json.dumps(body).encode())
    return list(requests(call, lambda _: ROLES))


def test_a_transaction_is_what_is_in_it() -> None:
    items = [{"Put": {"TableName": "events"}}, {"Delete": {"TableName": "runners"}}]
    assert _asked("dynamodb.TransactWriteItems", TransactItems=items) == [
        Request("dynamodb:PutItem", f"{TABLE}/events"),
        Request("dynamodb:DeleteItem", f"{TABLE}/runners"),
    ]


def test_reads_in_a_batch_ask_for_each_table() -> None:
    assert _asked("dynamodb.BatchGetItem", RequestItems={"events": {}, "runners": {}}) == [
        Request("dynamodb:BatchGetItem", f"{TABLE}/events"),
        Request("dynamodb:BatchGetItem", f"{TABLE}/runners"),
    ]


def test_an_index_is_a_resource_of_its_own() -> None:
    (table,) = _asked("dynamodb.Query", TableName="runners")
    (index,) = _asked("dynamodb.Query", TableName="runners", IndexName="by_status")
    assert (table.resource, index.resource) == (
        f"{TABLE}/runners",
        f"{TABLE}/runners/index/by_status",
    )


def test_a_task_is_run_in_a_cluster_and_given_its_roles() -> None:
    assert _asked("ecs.RunTask", cluster="fleet", taskDefinition=DEFINITION) == [
        Request("ecs:RunTask", DEFINITION, (CLUSTER,)),
        *(Request("iam:PassRole", role, (TO_TASKS,)) for role in ROLES),
    ]


def test_what_is_made_with_tags_needs_the_right_to_tag() -> None:
    tags = [{"key": "team", "value": "build"}]
    run = _asked("ecs.RunTask", cluster="fleet", taskDefinition=DEFINITION, tags=tags)
    roles = {"executionRoleArn": ROLES[0], "taskRoleArn": ROLES[1]}
    register = _asked("ecs.RegisterTaskDefinition", family="runner-x", tags=tags, **roles)
    assert run[-1].resource.startswith(f"arn:aws:ecs:{HERE}:task/fleet/")
    assert register[-1] == Request(
        "ecs:TagResource",
        f"arn:aws:ecs:{HERE}:task-definition/runner-x:1",
        (("ecs:CreateAction", "RegisterTaskDefinition"),),
    )
    assert _asked("ecs.RegisterTaskDefinition", family="runner-x", **roles) == register[:-1]


@pytest.mark.parametrize("operation", ["GetObject", "PutObject"])
def test_an_object_is_named_by_the_path(operation: str) -> None:
    assert _asked(f"s3.{operation}", "/configs/a-1.env") == [
        Request(f"s3:{operation}", "arn:aws:s3:::configs/a-1.env")
    ]


def test_to_learn_that_an_object_is_missing_needs_the_right_to_list() -> None:
    assert _asked("s3.HeadObject", "/configs/a-1.env") == [
        Request("s3:GetObject", "arn:aws:s3:::configs/a-1.env"),
        Request("s3:ListBucket", "arn:aws:s3:::configs"),
    ]


@pytest.mark.parametrize(
    ("operation", "body", "action", "resource"),
    [
        (
            "sqs.DeleteMessageBatch",
            {"QueueUrl": "http://h/1/a.fifo"},
            "sqs:DeleteMessage",
            "sqs:{}:a.fifo",
        ),
        (
            "ssm.GetParameters",
            {"Names": ["/fleet/x"]},
            "ssm:GetParameters",
            "ssm:{}:parameter/fleet/x",
        ),
        ("ssm.GetParameters", {"Names": ["x"]}, "ssm:GetParameters", "ssm:{}:parameter/x"),
        (
            "events.PutEvents",
            {"Entries": [{"EventBusName": "b"}]},
            "events:PutEvents",
            "events:{}:event-bus/b",
        ),
        (
            "ecr.DescribeImages",
            {"repositoryName": "r"},
            "ecr:DescribeImages",
            "ecr:{}:repository/r",
        ),
        (
            "codebuild.StartBuild",
            {"projectName": "p"},
            "codebuild:StartBuild",
            "codebuild:{}:project/p",
        ),
        ("codebuild.StopBuild", {"id": "p:0a"}, "codebuild:StopBuild", "codebuild:{}:project/p"),
        (
            "codebuild.BatchGetBuilds",
            {"ids": ["p:0a"]},
            "codebuild:BatchGetBuilds",
            "codebuild:{}:project/p",
        ),
    ],
)
def test_every_other_call_names_its_resource(
    operation: str, body: dict[str, Any], action: str, resource: str
) -> None:
    assert _asked(operation, **body) == [Request(action, f"arn:aws:{resource.format(HERE)}")]


def test_a_reference_to_a_secret_asks_for_the_secret_too() -> None:
    name = "/aws/reference/secretsmanager/github"
    assert _asked("ssm.GetParameters", Names=[name, "/fleet/x"]) == [
        Request("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter{name}"),
        Request("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/fleet/x"),
        Request(
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:{HERE}:secret:github-0a1B2c",
        ),
    ]


def test_a_call_that_is_not_known_is_not_guessed_at() -> None:
    with pytest.raises(UnknownCallError, match="sns:Publish"):
        _asked("sns.Publish")
