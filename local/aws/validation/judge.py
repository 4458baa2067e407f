"""Validates one request by the service model and by every rule for its operation."""

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
    """Return the reasons for which AWS would reject a request; empty if it would accept it.

    Rules are checked in the order of the table, and only if the model and the rules before found no
    problem, because a rule relies on the types that these check.

    Args:
        service: botocore's name of the service, such as `dynamodb`.
        operation: The API's name of the operation, such as `PutItem`.
        params: The parameters in the format of boto3.
        known: State on which rules depend.
    """
    return judge_of(service, operation)(params, known)


@cache
def judge_of(service: str, operation: str) -> Judge:
    """Return `judge` for one operation, which is faster for repeated calls."""
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
