"""What a call of AWS asks of IAM: actions, on resources, with the keys of conditions.

Source: AWS's Service Authorization Reference, "Actions, resources, and condition keys" of each
service. It knows the calls that functions make, and Lambda for them, and does not guess at others.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from local.aws.calls import Call
from tests.terraform.iam import Request

TaskRoles = Callable[[str], Iterable[str]]
"""The roles that a task definition names, by its ARN."""

_Asked = Mapping[str, Any]
"""What a call says."""

REGION = "us-east-1"
_SECRETS_MANAGER = "/aws/reference/secretsmanager/"
_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


class UnknownCallError(LookupError):
    """A call of which it is not said here what it asks of IAM."""


def requests(call: Call, task_roles: TaskRoles) -> Iterator[Request]:
    """All that has to be allowed for the call to be.

    Raises:
        UnknownCallError: it is none that is known here.
    """
    service, _, operation = call.operation.partition(".")
    asked: dict[str, Any] = json.loads(call.body or "{}")
    action = f"{service}:{operation}"
    if action in _RESOURCES:
        for resource in _RESOURCES[action](asked):
            yield Request(action.removesuffix("Batch"), resource, _cluster(service, asked))
    elif service == "s3" and operation in ("GetObject", "HeadObject", "PutObject"):
        yield from _of_s3(operation, call.path)
    elif action == "dynamodb:TransactWriteItems":
        for item in asked["TransactItems"]:
            for kind, one in item.items():
                yield Request(f"dynamodb:{_IN_TRANSACTIONS[kind]}", _table(one))
    else:
        raise UnknownCallError(f"what does {action} ask of IAM? it is to be said here")
    yield from _besides(action, asked, task_roles)
    if action == "ssm:GetParameters":
        yield from _of_secrets(asked["Names"])


def _table(asked: _Asked) -> str:
    index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
    return _arn("dynamodb", f"table/{asked['TableName']}{index}")


def _queue(asked: _Asked) -> list[str]:
    return [_arn("sqs", asked["QueueUrl"].rpartition("/")[2])]


def _tasks(asked: _Asked) -> list[str]:
    return asked.get("tasks") or [asked["task"]]


def _builds(asked: _Asked) -> list[str]:
    builds = asked.get("ids") or [asked["id"]]
    return [_arn("codebuild", f"project/{one.partition(':')[0]}") for one in builds]


_RESOURCES: Mapping[str, Callable[[_Asked], list[str]]] = {
    "codebuild:BatchGetBuilds": _builds,
    "codebuild:StartBuild": lambda asked: [_arn("codebuild", f"project/{asked['projectName']}")],
    "codebuild:StopBuild": _builds,
    "dynamodb:BatchGetItem": lambda asked: [
        _arn("dynamodb", f"table/{table}") for table in asked["RequestItems"]
    ],
    "dynamodb:GetItem": lambda asked: [_table(asked)],
    "dynamodb:PutItem": lambda asked: [_table(asked)],
    "dynamodb:Query": lambda asked: [_table(asked)],
    "ecr:BatchDeleteImage": lambda asked: [_arn("ecr", f"repository/{asked['repositoryName']}")],
    "ecr:DescribeImages": lambda asked: [_arn("ecr", f"repository/{asked['repositoryName']}")],
    "ecs:DescribeTaskDefinition": lambda _: ["*"],
    "ecs:DescribeTasks": _tasks,
    "ecs:ListTasks": lambda _: ["*"],
    "ecs:RegisterTaskDefinition": lambda _: ["*"],
    "ecs:RunTask": lambda asked: [asked["taskDefinition"]],
    "ecs:StopTask": _tasks,
    "events:PutEvents": lambda asked: [
        _arn("events", f"event-bus/{one['EventBusName']}") for one in asked["Entries"]
    ],
    "sqs:ChangeMessageVisibility": _queue,
    "sqs:ChangeMessageVisibilityBatch": _queue,
    "sqs:DeleteMessageBatch": _queue,
    "sqs:GetQueueAttributes": _queue,
    "sqs:ReceiveMessage": _queue,
    "sqs:SendMessage": _queue,
    "sqs:SendMessageBatch": _queue,
    "ssm:GetParameters": lambda asked: [
        _arn("ssm", f"parameter/{one.removeprefix('/')}") for one in asked["Names"]
    ],
}
"""The resources of calls that are called as their action is, but for the end of some."""


def _cluster(service: str, asked: _Asked) -> tuple[tuple[str, str], ...]:
    if service != "ecs" or "cluster" not in asked:
        return ()
    return (("ecs:cluster", _arn("ecs", f"cluster/{asked['cluster']}")),)


def _of_s3(operation: str, path: str) -> Iterator[Request]:
    """By its path, bucket and key. HeadObject has no action of its own."""
    bucket = f"arn:aws:s3:::{path.split('/')[1]}"
    action = operation.replace("Head", "Get")
    yield Request(f"s3:{action}", f"arn:aws:s3:::{path.removeprefix('/')}")
    if operation == "HeadObject":
        # Without the right to list, a missing object would be a 403.
        yield Request("s3:ListBucket", bucket)


def _besides(action: str, asked: _Asked, task_roles: TaskRoles) -> Iterator[Request]:
    """What else has to be allowed: to give tasks their roles, and what is made its tags."""
    roles: Iterable[str] = ()
    if action == "ecs:RunTask":
        roles = task_roles(asked["taskDefinition"])
        made = f"task/{asked['cluster']}/new"
    elif action == "ecs:RegisterTaskDefinition":
        roles = asked["executionRoleArn"], asked["taskRoleArn"]
        made = f"task-definition/{asked['family']}:1"
    else:
        return
    for role in roles:
        to = ("iam:PassedToService", "ecs-tasks.amazonaws.com")
        yield Request("iam:PassRole", role, (to,))
    if asked.get("tags"):
        by = ("ecs:CreateAction", action.removeprefix("ecs:"))
        yield Request("ecs:TagResource", _arn("ecs", made), (by,))


def _of_secrets(names: Iterable[str]) -> Iterator[Request]:
    """To read those that parameters refer to.

    Source: AWS Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter
    Store parameters". A secret's ARN ends in six characters of Secrets Manager's own.
    """
    for name in names:
        if name.startswith(_SECRETS_MANAGER):
            secret = f"secret:{name.removeprefix(_SECRETS_MANAGER)}-0a1B2c"
            yield Request("secretsmanager:GetSecretValue", _arn("secretsmanager", secret))


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{DEFAULT_ACCOUNT_ID}:{resource}"
