"""The rules of AWS's documentation that botocore's service models lack, as one table.

To add one: write its check in the module of its service, and give it a name and its source there. A
test in `tests/judges/test_documented_rules.py` asks for a violation of every rule.
"""

from local.aws.validation.rules import (
    codebuild,
    dynamodb,
    dynamodb_expressions,
    dynamodb_keys,
    ecs,
    ecs_tasks,
    events,
    others,
    s3,
    sqs,
    sqs_queues,
)
from local.aws.validation.rules.rule import Kept, Rule

RULES: tuple[Rule, ...] = (
    *sqs.RULES,
    *sqs_queues.RULES,
    *dynamodb.RULES,
    *dynamodb_keys.RULES,
    *dynamodb_expressions.RULES,
    *ecs_tasks.RULES,
    *ecs.RULES,
    *codebuild.RULES,
    *s3.RULES,
    *events.RULES,
    *others.RULES,
)
"""Rules that a request keeps or breaks by itself, or by what is known of its table or queue."""

KEPT_BY_EMULATORS: tuple[Kept, ...] = (
    *sqs.KEPT,
    *dynamodb.KEPT,
    *ecs_tasks.KEPT,
    *codebuild.KEPT,
)
"""Rules that need a service's whole state."""
