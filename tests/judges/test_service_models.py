"""botocore's service models judge requests: what they demand, and that no pattern is skipped."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from bundles.services import services
from local.aws.validation import judge
from local.aws.validation.model import service_model, unsupported_patterns
from local.aws.validation.patterns import UnsupportedPattern, compiled
from tests.judges.requests_support import (
    PLAIN_URL,
    URL,
    Known,
    definition,
    entry,
    event,
    put,
    query,
    run,
    sent,
    update,
)

PROJECT = Path(__file__).resolve().parents[2]
INSTALLED_BY = (
    "apigatewayv2",
    "iam",
    "kms",
    "lambda",
    "logs",
    "scheduler",
    "sns",
    "sts",
)
"""Services that Terraform makes a fleet of, beside those that the functions call."""
READ_BY_PEOPLE = ("cloudwatch", "logs")
"""Services that the command line calls, beside those that the functions call."""
_KEY = {"runner_id": {"S": "fleet-7-1"}}
_TAG = {"imageTag": "debian-12-0123456789ab"}
_IMAGE = {"registryId": "123456789012", "repositoryName": "fleet-runner"}

WRONG: list[tuple[str, str, dict[str, Any], str]] = [
    ("sqs", "SendMessage", {"QueueUrl": URL}, "MessageBody: is missing; it is required"),
    ("sqs", "SendMessage", sent(DelaySeconds="1"), "DelaySeconds: is of type str; allowed: an int"),
    ("sqs", "SendMessage", sent(DelaySeconds=True), "DelaySeconds: is of type bool; allowed: an i"),
    ("sqs", "SendMessage", sent(DelaySeconds=1 << 31), "is 2147483648; allowed: at least -2147483"),
    ("sqs", "SendMessage", sent(Delay=1), "Delay: is not known; allowed: QueueUrl, MessageBody"),
    ("sqs", "ReceiveMessage", {"QueueUrl": URL, "AttributeNames": ["Id"]}, "AttributeNames[0]: is"),
    ("dynamodb", "GetItem", {"TableName": "t", "Key": [1]}, "Key: is of type list; allowed: a map"),
    ("dynamodb", "GetItem", {"TableName": "", "Key": {}}, "TableName: has 0 characters; allowed: "),
    ("dynamodb", "Query", {"TableName": "t", "Limit": 0}, "Limit: is 0; allowed: at least 1"),
    (
        "dynamodb",
        "PutItem",
        put(a={"L": [{"M": {"b": {"S": 1}}}]}),
        "Item.a.L[0].M.b.S: is of type int; allowed: a string",
    ),
    (
        "dynamodb",
        "TransactWriteItems",
        {"TransactItems": [{"Put": put()}] * 101},
        "TransactItems: has 101 items; allowed: 1 to 100",
    ),
    (
        "dynamodb",
        "TransactWriteItems",
        {"TransactItems": [{"Put": put()}], "ClientRequestToken": "x" * 37},
        "ClientRequestToken: has 37 characters; allowed: 1 to 36",
    ),
    ("ecs", "RunTask", run(launchType="SPOT"), "launchType: is 'SPOT'; allowed: EC2, EXTERNAL, FA"),
    ("ecs", "RunTask", run(tags=[{"key": "a"}] * 51), "tags: has 51 items; allowed: 0 to 50"),
    ("ecs", "RunTask", run(tags=[{"key": "ä!"}]), "tags[0].key: is 'ä!'; allowed: what matches"),
    ("events", "PutEvents", {"Entries": [{}] * 11}, "Entries: has 11 items; allowed: 1 to 10"),
    ("ssm", "GetParameters", {"Names": ["a"] * 11}, "Names: has 11 items; allowed: 1 to 10"),
    ("codebuild", "BatchGetBuilds", {"ids": []}, "ids: has 0 items; allowed: 1 to 100"),
    ("ecr", "DescribeImages", {**_IMAGE, "registryId": "1"}, "registryId: is '1'; allowed: what "),
    ("s3", "PutObject", {"Bucket": "b", "Key": ""}, "Key: has 0 characters; allowed: 1 or more"),
    (
        "s3",
        "PutObject",
        {"Bucket": "b", "Key": "k", "Body": 7},
        "Body: is of type int; allowed: by",
    ),
    (
        "scheduler",
        "GetSchedule",
        {"Name": "a b"},
        r"Name: is 'a b'; allowed: what matches [0-9a-zA-Z-_.]+",
    ),
    ("sts", "GetCallerIdentity", {"a": 1}, "a: is not known"),
]


@pytest.mark.parametrize(("service", "operation", "params", "text"), WRONG)
def test_a_violation_of_the_model_is_named_by_its_path_and_what_is_allowed(
    service: str, operation: str, params: dict[str, Any], text: str
) -> None:
    (problem,) = judge(service, operation, params)
    assert text in problem.text
    assert problem.rule == "service model"


VALID: dict[tuple[str, str], dict[str, Any]] = {
    ("cloudwatch", "GetMetricData"): {
        "MetricDataQueries": [
            {
                "Id": "age",
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/SQS", "MetricName": "Age", "Dimensions": []},
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
        ],
        "StartTime": 0,
        "EndTime": 60,
    },
    ("logs", "FilterLogEvents"): {
        "logGroupName": "/aws/lambda/fleet-ingest",
        "startTime": 0,
        "filterPattern": '"job-7"',
    },
    ("codebuild", "BatchGetBuilds"): {"ids": ["image:1"]},
    ("codebuild", "StartBuild"): {
        "projectName": "fleet-runner-image",
        "idempotencyToken": "fleet-runner-image-1",
        "environmentVariablesOverride": [
            {"name": "IMAGE_TAG", "value": "debian-12", "type": "PLAINTEXT"}
        ],
    },
    ("codebuild", "StopBuild"): {"id": "image:1"},
    ("dynamodb", "DeleteItem"): {"TableName": "judged-runners", "Key": _KEY},
    ("dynamodb", "BatchGetItem"): {
        "RequestItems": {
            "runners": {"Keys": [{"runner_id": {"S": "slots-0"}}], "ConsistentRead": True}
        }
    },
    ("dynamodb", "GetItem"): {
        "TableName": "judged-runners",
        "Key": _KEY,
        "ConsistentRead": True,
    },
    ("dynamodb", "PutItem"): put(waiting={"S": "1"}, arrived_at={"S": "2026-11-27"}),
    ("dynamodb", "Query"): query(),
    ("dynamodb", "Scan"): {"TableName": "judged-runners", "ConsistentRead": True},
    ("dynamodb", "TransactWriteItems"): {
        "TransactItems": [{"Put": put()}],
        "ClientRequestToken": "token",
    },
    ("dynamodb", "UpdateItem"): update("ADD slots_used :one", {":one": {"N": "1"}}),
    ("ecr", "DescribeImages"): {**_IMAGE, "imageIds": [_TAG]},
    ("ecr", "BatchDeleteImage"): {**_IMAGE, "imageIds": [_TAG]},
    ("ecs", "DescribeTaskDefinition"): {"taskDefinition": "runner:1", "include": ["TAGS"]},
    ("ecs", "DescribeTasks"): {"cluster": "fleet", "tasks": ["task"]},
    ("ecs", "ListTasks"): {"cluster": "fleet", "desiredStatus": "RUNNING", "maxResults": 100},
    ("ecs", "RegisterTaskDefinition"): definition(tags=[{"key": "fleet", "value": "fleet"}]),
    ("ecs", "RunTask"): run(tags=[{"key": "job", "value": "7"}]),
    ("ecs", "StopTask"): {"cluster": "fleet", "task": "task", "reason": "x" * 255},
    ("events", "PutEvents"): event(),
    ("s3", "HeadObject"): {"Bucket": "configs", "Key": "fleet-7-1.env"},
    ("s3", "PutObject"): {
        "Bucket": "configs",
        "Key": "fleet-7-1.env",
        "Body": b"A=b",
        "Metadata": {"github-runner-id": "7"},
        "IfNoneMatch": "*",
    },
    ("sqs", "ChangeMessageVisibility"): {
        "QueueUrl": URL,
        "ReceiptHandle": "handle",
        "VisibilityTimeout": 43_200,
    },
    ("sqs", "ChangeMessageVisibilityBatch"): {
        "QueueUrl": URL,
        "Entries": [{"Id": "0", "ReceiptHandle": "handle", "VisibilityTimeout": 0}],
    },
    ("sqs", "DeleteMessage"): {"QueueUrl": URL, "ReceiptHandle": "handle"},
    ("sqs", "GetQueueAttributes"): {"QueueUrl": URL, "AttributeNames": ["All"]},
    ("sqs", "ReceiveMessage"): {
        "QueueUrl": URL,
        "MaxNumberOfMessages": 10,
        "VisibilityTimeout": 60,
        "WaitTimeSeconds": 20,
        "MessageSystemAttributeNames": ["All"],
    },
    ("sqs", "SendMessage"): sent(),
    ("sqs", "SendMessageBatch"): {"QueueUrl": URL, "Entries": [entry("1"), entry("2")]},
    ("ssm", "GetParameters"): {"Names": ["/fleet/token"], "WithDecryption": True},
}
"""A request of each operation that the product makes."""


@pytest.mark.parametrize(("asked", "params"), VALID.items(), ids=lambda one: str(one)[:40])
def test_a_valid_request_passes(asked: tuple[str, str], params: dict[str, Any]) -> None:
    assert judge(*asked, params, Known()) == []


def test_a_standard_queue_takes_messages_without_group_or_id() -> None:
    assert judge("sqs", "SendMessage", {"QueueUrl": PLAIN_URL, "MessageBody": "x"}) == []


def test_each_operation_that_the_product_calls_has_a_valid_request() -> None:
    offered = {
        xform_name(operation): (service, operation)
        for service in (*services(PROJECT), *READ_BY_PEOPLE)
        for operation in service_model(service).operation_names
    }
    called = {offered[name] for name in _called(PROJECT / "shared" / "adapters") if name in offered}
    assert called - VALID.keys() == set()


def _called(folder: Path) -> Iterator[str]:
    """The methods that modules call, and the operations that they page through."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            match node.args:
                case [ast.Constant(value=str(operation)), *_] if node.func.attr == "get_paginator":
                    yield operation
                case _:
                    yield node.func.attr


@pytest.mark.parametrize(
    "service",
    sorted({*services(PROJECT), *INSTALLED_BY, *READ_BY_PEOPLE, "dynamodbstreams", "ec2"}),
)
def test_every_pattern_of_a_service_is_supported(service: str) -> None:
    assert unsupported_patterns(service) == set()


def test_patterns_mean_what_they_mean_in_java() -> None:
    assert compiled(r"\w+").fullmatch("ab_1")
    assert not compiled(r"\w+").fullmatch("ä")  # Java's \w is ASCII
    assert compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*").fullmatch("ä \u0661.")
    assert not compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*").fullmatch("a!")
    assert not compiled(r"\p{Print}+").fullmatch("ä")  # POSIX classes are ASCII
    text = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*"
    assert compiled(text).fullmatch("a\U0001f600")
    assert not compiled(text).fullmatch("a\u0000")


def test_a_pattern_without_an_equivalent_is_refused() -> None:
    with pytest.raises(UnsupportedPattern, match="properties beside classes of ASCII"):
        compiled(r"\p{L}\w")
    with pytest.raises(UnsupportedPattern, match="unterminated"):
        compiled("[a")


def test_a_secret_is_not_shown() -> None:
    (problem,) = judge("ssm", "PutParameter", {"Name": "a", "Value": ["secret"], "Type": "String"})
    assert "secret" not in str(problem)
    (problem,) = judge("secretsmanager", "PutSecretValue", {"SecretId": "a", "SecretString": ""})
    assert "''" not in str(problem)
