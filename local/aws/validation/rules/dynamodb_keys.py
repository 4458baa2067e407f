"""Rules for DynamoDB: primary keys and index keys.

Source: Amazon DynamoDB API Reference, PutItem and UpdateItem; Developer Guide, "Using Global
Secondary Indexes in DynamoDB", and "Constraints in Amazon DynamoDB".
"""

import re
from collections.abc import Iterable, Iterator

from local.aws.validation.rules.dynamodb_requests import parts
from local.aws.validation.rules.rule import Known, Params, Rule, TableKeys

_MOST_PARTITION = 2_048
_MOST_SORT = 1_024

_WRITES = (
    "dynamodb.PutItem",
    "dynamodb.UpdateItem",
    "dynamodb.BatchWriteItem",
    "dynamodb.TransactWriteItems",
)
_WITH_KEY = (
    *_WRITES,
    "dynamodb.GetItem",
    "dynamodb.DeleteItem",
    "dynamodb.BatchGetItem",
    "dynamodb.TransactGetItems",
)
_SET = re.compile(r"\bSET\b(.*?)(?=\b(?:REMOVE|ADD|DELETE)\b|$)", re.IGNORECASE | re.DOTALL)
_ASSIGNMENT = re.compile(
    r"([#\w]+)\s*=\s*(?:if_not_exists\s*\([^,]+,\s*)?(:\w+)\s*\)?\s*(?=,|$)", re.IGNORECASE
)
_ADD = re.compile(r"\bADD\b(.*?)(?=\b(?:REMOVE|SET|DELETE)\b|$)", re.IGNORECASE | re.DOTALL)
_ADDED = re.compile(r"([#\w]+)\s+(:\w+)")
_TARGET = re.compile(r"(?:^|,)\s*([#\w]+)")
_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD|DELETE)\b", re.IGNORECASE)


def _keys(params: Params, known: Known) -> Iterable[str]:
    for path, part in parts(params):
        table = known.table(part.get("TableName", ""))
        if table is None:
            continue
        if "Key" in part:
            yield from _primary(f"{path}Key", part["Key"], table)
            for name in part["Key"].keys() - table.primary.keys():
                allowed = " and ".join(table.primary)
                yield f"{path}Key: has the attribute {name}; allowed: {allowed} alone"
        elif "Item" in part:
            yield from _primary(f"{path}Item", part["Item"], table)


def _primary(path: str, values: Params, table: TableKeys) -> Iterator[str]:
    most = _MOST_PARTITION
    for name, kind in table.primary.items():
        value = values.get(name)
        if value is None:
            yield f"{path}: lacks the key {name}; it is required"
        elif kind not in value:
            actual = next(iter(value), None)
            yield f"{path}.{name}: Type mismatch for key {name} expected: {kind} actual: {actual}"
        elif kind != "N":
            size = len(value[kind].encode() if isinstance(value[kind], str) else value[kind])
            if not 1 <= size <= most:
                yield f"{path}.{name}: has {size} bytes; allowed in a key: 1 to {most}"
        most = _MOST_SORT


def _index_keys(params: Params, known: Known) -> Iterable[str]:
    for path, part in parts(params):
        table = known.table(part.get("TableName", ""))
        if table is None or not table.indexed:
            continue
        if "Item" in part:
            values, where = part["Item"], f"{path}Item"
        elif "UpdateExpression" in part:
            values, where = _assigned(part), f"{path}UpdateExpression"
        else:
            continue
        yield from index_key_problems(where, values, table)


def index_key_problems(path: str, values: Params, table: TableKeys) -> Iterator[str]:
    """Yield the problems of an item's attributes that are keys of the table's indexes."""
    for name, (kind, index) in table.indexed.items():
        value = values.get(name)
        if value is None:
            continue
        if kind not in value:
            actual = next(iter(value), None)
            expected = f"Expected: {kind} Actual: {actual} IndexName: {index}"
            yield f"{path}.{name}: Type mismatch for Index Key {name} {expected}"
        elif kind != "N" and not value[kind]:
            text = f"has an empty value; allowed in a key of the index {index}: 1 byte or more"
            yield f"{path}.{name}: {text}"


def _assigned(part: Params) -> dict[str, Params]:
    """Return the attribute values that an update sets directly in its expression."""
    text = part["UpdateExpression"]
    names = part.get("ExpressionAttributeNames") or {}
    values = part.get("ExpressionAttributeValues") or {}
    pairs = [pair for clause in _SET.findall(text) for pair in _ASSIGNMENT.findall(clause)]
    pairs += [pair for clause in _ADD.findall(text) for pair in _ADDED.findall(clause)]
    return {names.get(name, name): values[value] for name, value in pairs if value in values}


def _updated_keys(params: Params, known: Known) -> Iterable[str]:
    for path, part in parts(params):
        table = known.table(part.get("TableName", ""))
        if table is None or "UpdateExpression" not in part:
            continue
        names = part.get("ExpressionAttributeNames") or {}
        for target in sorted(_targets(part["UpdateExpression"])):
            name = names.get(target, target)
            if name in table.primary:
                text = f"Cannot update attribute {name}. This attribute is part of the key"
                yield f"{path}UpdateExpression: {text}"


def _targets(expression: str) -> set[str]:
    """Return the names of the attributes that an update changes."""
    clauses = _CLAUSE.split(expression)[2::2]
    return {name for clause in clauses for name in _TARGET.findall(_without_calls(clause))}


def _without_calls(clause: str) -> str:
    """Remove the parts in parentheses from a clause, because commas separate arguments there."""
    before = ""
    while before != clause:
        before, clause = clause, re.sub(r"\([^()]*\)", "", clause)
    return clause


RULES = (
    Rule(
        name="dynamodb primary keys",
        operations=_WITH_KEY,
        check=_keys,
        source="Amazon DynamoDB API Reference, PutItem, Item, and UpdateItem, Key; Developer "
        'Guide, "Constraints in Amazon DynamoDB" (2,048 and 1,024 bytes)',
    ),
    Rule(
        name="dynamodb index keys",
        operations=_WRITES,
        check=_index_keys,
        source="Amazon DynamoDB API Reference, PutItem, Item: data types of attributes that are "
        "part of an index key",
    ),
    Rule(
        name="dynamodb updates leave keys",
        operations=("dynamodb.UpdateItem", "dynamodb.TransactWriteItems"),
        check=_updated_keys,
        source='Amazon DynamoDB Developer Guide, "Working with items and attributes", "Updating an '
        'item": attributes that are not part of the key',
    ),
)
