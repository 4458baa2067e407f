"""What the functions' roles allow, held against what was called in them.

Which action a call needs is AWS's: Service Authorization Reference, "Actions, resources, and
condition keys" of each service.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.terraform.support import FUNCTIONS

NEEDS: Mapping[str, set[str]] = {
    # Transactions of the log hold nothing but puts, which may have conditions.
    "dynamodb.TransactWriteItems": {"dynamodb:PutItem"},
    # Without the right to list, a missing object would be a 403.
    "s3.HeadObject": {"s3:GetObject", "s3:ListBucket"},
    "ecs.RunTask": {"ecs:RunTask", "iam:PassRole"},
    "ecs.RegisterTaskDefinition": {
        "ecs:RegisterTaskDefinition",
        "ecs:TagResource",
        "iam:PassRole",
    },
    "sqs.DeleteMessageBatch": {"sqs:DeleteMessage"},
    "sqs.ChangeMessageVisibilityBatch": {"sqs:ChangeMessageVisibility"},
}
"""The actions of calls that are not called as their action is."""

BY_LAMBDA_ITSELF = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""In every function's role; the local stack has neither its logs nor its traces."""

_OVERDUE_BUILD = "a build that is not over two minutes after its start is asked for, and stopped"
_OVERDUE = {"codebuild:BatchGetBuilds": _OVERDUE_BUILD, "codebuild:StopBuild": _OVERDUE_BUILD}

OUT_OF_REACH: Mapping[str, Mapping[str, str]] = {
    "ingest": {
        "sqs:SendMessage": "Lambda keeps an event of AWS on which every attempt has failed",
    },
    "scheduler": {
        "s3:DeleteObject": "a launch that has failed for good is cleaned up after",
    },
    "reconciler": {
        "ecs:DescribeTasks": "a task that was asked to stop has not within its limit",
        **_OVERDUE,
    },
    "janitor": {
        "sqs:SendMessage": "Lambda keeps the event of a run that failed",
        **_OVERDUE,
    },
}
"""By function: what the story does not come to call, and when it is called."""


def allowed(iam: Any, roles: Mapping[str, str]) -> dict[str, set[str]]:
    """The actions that each function's role allows, by function; `roles` are ARNs."""
    return {name: _actions(iam, roles[name], "Allow") for name in FUNCTIONS}


def denied(iam: Any, roles: Mapping[str, str]) -> dict[str, set[str]]:
    """The actions that each function's role denies on something."""
    return {name: _actions(iam, roles[name], "Deny") for name in FUNCTIONS}


def needed(calls: Iterable[str]) -> set[str]:
    """The actions that these calls need, such as `ecs:RunTask`."""
    return {action for call in calls for action in NEEDS.get(call, {call.replace(".", ":")})}


def differences(granted: Mapping[str, set[str]], calls: Mapping[str, Iterable[str]]) -> list[str]:
    """What each function lacks or has too much, and what is to be done about it."""
    return [told for name in FUNCTIONS for told in _of(name, granted[name], needed(calls[name]))]


def _of(name: str, granted: set[str], called: set[str]) -> Iterator[str]:
    elsewhere = set(OUT_OF_REACH[name])
    known = called | elsewhere | BY_LAMBDA_ITSELF
    where = "terraform/modules/functions/policies.tf"
    for action in sorted(called - granted):
        yield f"{name} calls {action} and may not: allow it in {where}"
    for action in sorted(granted - known):
        yield (
            f"{name} may {action} and does not call it: take it away in {where}, or make the "
            "story call it, or say in OUT_OF_REACH when it is called"
        )
    for action in sorted(elsewhere - granted):
        yield f"{name} may not {action}, which OUT_OF_REACH says that it calls: remove it there"


def _actions(iam: Any, role_arn: str, effect: str) -> set[str]:
    """Of all policies of the role: inline ones, for functions have no others."""
    role = role_arn.rpartition("/")[2]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached == [], f"{role} has policies that are not in the module: {attached}"
    found: set[str] = set()
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for statement in document["Statement"]:
            if statement["Effect"] == effect:
                actions = statement["Action"]
                found |= {actions} if isinstance(actions, str) else set(actions)
    return found
