"""The verdict on one request: the model's, and that of every rule for its operation."""

from collections.abc import Callable
from functools import cache
from typing import Any

from local.aws.validation.model import validator
from local.aws.validation.problems import Problem
from local.aws.validation.rules import RULES
from local.aws.validation.rules.rule import NOTHING, Known

Judge = Callable[[dict[str, Any], Known], list[Problem]]


def judge(
    service: str, operation: str, params: dict[str, Any], known: Known = NOTHING
) -> list[Problem]:
    """Why AWS would refuse a request; nothing if it would not.

    Rules are asked in the table's order, and only if the model and those before have no objection:
    they rely on types that these demand.

    Args:
        service: By botocore's name, such as `dynamodb`.
        operation: By the API's name, such as `PutItem`.
        params: As they are given to boto3.
        known: State that rules depend on.
    """
    return judge_of(service, operation)(params, known)


@cache
def judge_of(service: str, operation: str) -> Judge:
    """`judge` for one operation; cheaper, for who asks often."""
    by_model = validator(service, operation)
    rules = [one for one in RULES if f"{service}.{operation}" in one.operations]

    def verdict(params: dict[str, Any], known: Known) -> list[Problem]:
        found = by_model(params)
        if found:
            return found
        for rule in rules:
            found = [Problem(rule.name, text, rule.code) for text in rule.check(params, known)]
            if found:
                return found
        return []

    return verdict
