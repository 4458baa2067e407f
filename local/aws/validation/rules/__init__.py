"""The table of all rules from AWS's documentation that botocore's service models lack.

To add a rule, write its check in the module of its service and give it a name and its source there.
`tests/judges/test_documented_rules.py` requires an example that violates each rule.
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
"""Rules that depend only on the request, or also on the keys of a table or the kind of a queue."""

KEPT_BY_EMULATORS: tuple[Kept, ...] = (
    *sqs.KEPT,
    *dynamodb.KEPT,
    *ecs_tasks.KEPT,
    *codebuild.KEPT,
)
"""Rules that depend on the whole state of a service."""
