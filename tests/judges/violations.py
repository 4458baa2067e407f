"""At least one request for every rule of the table, that breaks it. No test is here."""

from tests.judges.requests_support import Case
from tests.judges.violations_dynamodb import of_dynamodb
from tests.judges.violations_ecs import of_ecs
from tests.judges.violations_others import of_others
from tests.judges.violations_sqs import of_sqs


def _cases() -> list[Case]:
    by_service = {"sqs": of_sqs(), "dynamodb": of_dynamodb(), "ecs": of_ecs()}
    named = {(service, rule): c for service, one in by_service.items() for rule, c in one.items()}
    return [
        Case(rule, service, operation, params)
        for (service, rule), cases in (named | of_others()).items()
        for operation, params in cases
    ]


CASES = _cases()
