"""The states of a task by which EventBridge's rule, ingest and the stand-ins are tested."""

from collections.abc import Callable
from itertools import product
from typing import Any

from local.fargate.lifecycle import matches_rule

LAST_STATUSES = (
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
)
"""Source: Amazon ECS Developer Guide, "Amazon ECS task lifecycle"."""
DESIRED_STATUSES = ("RUNNING", "STOPPED")
"""ECS sets no other one. Source: Amazon ECS API Reference, ListTasks, desiredStatus."""
TASK_STATES = tuple(product(LAST_STATUSES, DESIRED_STATUSES))
"""All pairs of `lastStatus` and `desiredStatus`."""


def task_event(cluster_arn: str, last: str, desired: str) -> dict[str, Any]:
    """The event of a task in that state, with all that TestEventPattern requires of an event.

    Source: Amazon EventBridge API Reference, TestEventPattern.
    """
    _, _, _, region, account, _ = cluster_arn.split(":", 5)
    return {
        "version": "0",
        "id": "event-1",
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": account,
        "time": "2026-01-01T00:00:00Z",
        "region": region,
        "resources": [],
        "detail": {"clusterArn": cluster_arn, "lastStatus": last, "desiredStatus": desired},
    }


def differences(matches: Callable[[dict[str, Any]], bool], cluster_arn: str) -> list[str]:
    """What a rule matches otherwise than `matches_rule`, or of another cluster."""
    found = [
        f"{last}, desired {desired}"
        for last, desired in TASK_STATES
        if (event := task_event(cluster_arn, last, desired))
        and matches(event) != matches_rule(event["detail"])
    ]
    others = task_event(f"{cluster_arn}-b", "STOPPED", "STOPPED")
    return [*found, "a task of another cluster"] if matches(others) else found
