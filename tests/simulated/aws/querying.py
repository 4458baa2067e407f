"""Applies key conditions and filters to a table or an index."""

import re
from typing import Any

from tests.simulated.aws.expressions import ExpressionError, Given, Item, condition
from tests.simulated.aws.tables import Keep

_BEGINS = re.compile(r"([#\w]+) = (:\w+)( AND |$)")


def partition(key: str, expression: str, given: Given) -> Any:
    """Return the partition key value at the beginning of a key condition."""
    begins = _BEGINS.match(expression)
    if begins is None or given.name(begins[1]) != key:
        raise ExpressionError(f"no partition in the key condition {expression!r}")
    return given.value(begins[2])


def kept(expression: str, given: Given) -> Keep:
    """Return the predicate of a key condition within its partition; without one, all match."""
    begins = _BEGINS.match(expression)
    if begins is not None and begins.end() == len(expression):
        return lambda _: True
    test = condition(expression)
    return lambda item: test(item, given)


def answer(
    found: list[Item], last: Item | None, filtered: str | None, given: Given
) -> dict[str, Any]:
    """Return a page after the filter."""
    kept = [dict(item) for item in found if filtered is None or condition(filtered)(item, given)]
    return {"Items": kept, **({"LastEvaluatedKey": last} if last else {})}
