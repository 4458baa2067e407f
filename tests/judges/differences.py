"""What a second plan would change on ministack, each with its reason: ministack's own, not ours.

A difference without a reason fails, and so does a reason without a difference.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_NOT_IN_XML = (
    "DescribeAlarms answers Terraform, which asks by the query protocol, without it; the JSON "
    "protocol has it"
)
_NOT_STORED = "CreateProject does not store it, and BatchGetProjects has no such field"

Difference = tuple[str, str]
"""A type of resource, and the attribute that differs."""

DIFFERENCES: Mapping[Difference, str] = {
    ("aws_cloudwatch_metric_alarm", "actions_enabled"): _NOT_IN_XML,
    ("aws_cloudwatch_metric_alarm", "alarm_actions"): _NOT_IN_XML,
    ("aws_cloudwatch_metric_alarm", "alarm_description"): _NOT_IN_XML,
    ("aws_cloudwatch_metric_alarm", "dimensions"): _NOT_IN_XML,
    ("aws_cloudwatch_metric_alarm", "ok_actions"): _NOT_IN_XML,
    ("aws_cloudwatch_metric_alarm", "period"): _NOT_IN_XML,
    ("aws_cloudwatch_metric_alarm", "statistic"): _NOT_IN_XML,
    ("aws_cloudwatch_metric_alarm", "treat_missing_data"): _NOT_IN_XML,
    ("aws_codebuild_project", "logs_config"): _NOT_STORED,
    ("aws_codebuild_project", "queued_timeout"): _NOT_STORED,
}


def found(plans: Iterable[Mapping[str, Any]]) -> set[Difference]:
    """All that the plans would change."""
    return {
        (resource["type"], name)
        for plan in plans
        for resource in plan["resource_changes"]
        if resource["change"]["actions"] not in (["no-op"], ["read"])
        for name in _attributes(resource["change"])
    }


def _attributes(change: Mapping[str, Any]) -> Iterator[str]:
    """Names of what differs; of a resource that would come or go, only that it does."""
    before, after, unknown = (change[one] for one in ("before", "after", "after_unknown"))
    if before is None or after is None:
        yield "/".join(change["actions"])
        return
    for name in before.keys() | after.keys():
        # What is wholly unknown follows from what is replaced.
        if unknown.get(name) is not True and _differ(before.get(name), after.get(name)):
            yield name


def _differ(before: object, after: object) -> bool:
    """Nothing, an empty text and an empty collection are one and the same to Terraform."""
    return (before or None) != (after or None)
