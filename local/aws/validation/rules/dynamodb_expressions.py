"""Rules for DynamoDB: expressions with their attribute names and values, queries of indexes.

Source: Amazon DynamoDB Developer Guide, "Using expressions in DynamoDB", "Reserved words in
DynamoDB", "Constraints in Amazon DynamoDB"; API Reference, Query.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from local.aws.validation.rules.dynamodb_requests import parts
from local.aws.validation.rules.rule import Known, Params, Rule

_EXPRESSIONS = (
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "ConditionExpression",
    "UpdateExpression",
)
_GIVEN = {"#": "ExpressionAttributeNames", ":": "ExpressionAttributeValues"}
_TOKEN = re.compile(r"([#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*)(\s*\()?")
_GRAMMAR = frozenset(
    {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"},
)
_MOST_BYTES = 4_096


@lru_cache(maxsize=4_096)
def _tokens(expression: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the placeholders of an expression and its literal attribute names."""
    placeholders, words = set(), set()
    for token, call in _TOKEN.findall(expression):
        if token[0] in _GIVEN:
            placeholders.add(token)
        elif not call and token.upper() not in _GRAMMAR:
            words.add(token)
    return frozenset(placeholders), frozenset(words)


@cache
def _reserved() -> frozenset[str]:
    """Return AWS's list of reserved words in upper case, from moto's data."""
    return frozenset(ReservedKeywords.get_reserved_keywords())


def _given(part: Params) -> Iterator[tuple[str, str]]:
    for name in _EXPRESSIONS:
        if part.get(name) is not None:
            yield name, part[name]


def _placeholders(params: Params, _known: Known) -> Iterable[str]:
    for path, part in parts(params):
        used = {one for _, text in _given(part) for one in _tokens(text)[0]}
        for sign, name in _GIVEN.items():
            defined = set(part.get(name) or ())
            asked = {one for one in used if one[0] == sign}
            if unused := defined - asked:
                yield f"{path}{name}: unused in expressions: {', '.join(sorted(unused))}"
            if missing := asked - defined:
                yield f"{path}{name}: lacks what expressions use: {', '.join(sorted(missing))}"
            if name in part and not part[name]:
                yield f"{path}{name}: is empty; allowed: to leave it out"


def _words(params: Params, _known: Known) -> Iterable[str]:
    for path, part in parts(params):
        for name, text in _given(part):
            for word in sorted(_tokens(text)[1]):
                if word.upper() in _reserved():
                    yield f"{path}{name}: uses the reserved word {word}; allowed: a #placeholder"


def _sizes(params: Params, _known: Known) -> Iterable[str]:
    for path, part in parts(params):
        for name, text in _given(part):
            if not 1 <= len(text.encode()) <= _MOST_BYTES:
                size = len(text.encode())
                yield f"{path}{name}: has {size} bytes; allowed: 1 to {_MOST_BYTES}"


def _index_reads(params: Params, known: Known) -> Iterable[str]:
    index = params.get("IndexName")
    if index is None:
        return
    table = known.table(params["TableName"])
    if table is not None and index not in table.indexes:
        allowed = ", ".join(table.indexes) or "none"
        yield f"IndexName: the table has no index {index}; allowed: {allowed}"
    if params.get("ConsistentRead"):
        yield "ConsistentRead: is true; a global secondary index has no consistent reads"


def _filters(params: Params, known: Known) -> Iterable[str]:
    table = known.table(params["TableName"])
    if table is None or "FilterExpression" not in params:
        return
    keys = table.indexes.get(params.get("IndexName", ""), tuple(table.primary))
    names = params.get("ExpressionAttributeNames") or {}
    placeholders, words = _tokens(params["FilterExpression"])
    for name in sorted({names.get(one, one) for one in placeholders | words} & set(keys)):
        yield f"FilterExpression: uses the key {name}; allowed: in KeyConditionExpression only"


_WITH_EXPRESSIONS = (
    "dynamodb.PutItem",
    "dynamodb.UpdateItem",
    "dynamodb.DeleteItem",
    "dynamodb.GetItem",
    "dynamodb.BatchGetItem",
    "dynamodb.TransactWriteItems",
    "dynamodb.TransactGetItems",
    "dynamodb.Query",
    "dynamodb.Scan",
)

RULES = (
    Rule(
        name="dynamodb names and values are used",
        operations=_WITH_EXPRESSIONS,
        check=_placeholders,
        source='Amazon DynamoDB Developer Guide, "Expression attribute names (aliases) in '
        'DynamoDB" and "Using expression attribute values in DynamoDB"',
    ),
    Rule(
        name="dynamodb reserved words",
        operations=_WITH_EXPRESSIONS,
        check=_words,
        source='Amazon DynamoDB Developer Guide, "Reserved words in DynamoDB"',
    ),
    Rule(
        name="dynamodb size of expressions",
        operations=_WITH_EXPRESSIONS,
        check=_sizes,
        source='Amazon DynamoDB Developer Guide, "Constraints in Amazon DynamoDB", Expression '
        "parameters (4 KB)",
    ),
    Rule(
        name="dynamodb reads of indexes",
        operations=("dynamodb.Query", "dynamodb.Scan"),
        check=_index_reads,
        source="Amazon DynamoDB API Reference, Query, ConsistentRead and IndexName",
    ),
    Rule(
        name="dynamodb filters without keys",
        operations=("dynamodb.Query",),
        check=_filters,
        source="Amazon DynamoDB API Reference, Query, FilterExpression",
    ),
)
