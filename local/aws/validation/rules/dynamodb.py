"""Rules for DynamoDB: values, item sizes, batches, transactions. `dynamodb_keys` covers keys.

Source: Amazon DynamoDB API Reference, TransactWriteItems, BatchGetItem, BatchWriteItem; Developer
Guide, "Constraints in Amazon DynamoDB", "Item sizes and formats".
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from local.aws.validation.problems import shown
from local.aws.validation.rules.dynamodb_requests import parts
from local.aws.validation.rules.dynamodb_sizes import item_size, most_size
from local.aws.validation.rules.rule import Kept, Known, Params, Rule

MOST_ITEM = 400 * 1024
MOST_TRANSACTION = 4 * 1024 * 1024
MOST_GOT = 100
_MOST_WRITTEN = 25
_MOST_DIGITS = 38
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,38}")
_LARGEST, _SMALLEST = Decimal("9.9999999999999999999999999999999999999E+125"), Decimal("1E-130")
_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_SETS = ("SS", "NS", "BS")


def _values(params: Params) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every typed value of a request, at any depth, except plain strings, which are valid."""
    for path, part in parts(params):
        for holder in ("Item", "Key", "ExpressionAttributeValues"):
            for name, value in (part.get(holder) or {}).items():
                if len(value) != 1 or "S" not in value:
                    yield from _nested(f"{path}{holder}.{name}", value)


def _nested(path: str, value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, value
    if "L" in value:
        for number, one in enumerate(value["L"]):
            yield from _nested(f"{path}[{number}]", one)
    elif "M" in value:
        for name, one in value["M"].items():
            yield from _nested(f"{path}.{name}", one)


def _typed(params: Params, _known: Known) -> Iterable[str]:
    for path, value in _values(params):
        if len(value) != 1:
            yield f"{path}: has {len(value)} types; allowed: exactly one"
            continue
        ((kind, held),) = value.items()
        for text in [held] if kind == "N" else held if kind == "NS" else ():
            if not _PLAIN_NUMBER.fullmatch(text) and not _is_number(text):
                allowed = "up to 38 digits, 1E-130 to 9.9…E+125"
                yield f"{path}: is the number {shown(text)}; allowed: {allowed}"
        if kind in _SETS and not held:
            yield f"{path}.{kind}: is an empty set; allowed: one element or more"
        elif kind in _SETS and len(set(map(str, held))) < len(held):
            yield f"{path}.{kind}: has an element twice; allowed: each once"


def _is_number(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    if not number.is_finite() or text != text.strip():
        return False
    digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
    return digits <= _MOST_DIGITS and (not number or _SMALLEST <= abs(number) <= _LARGEST)


def _item_sizes(params: Params, _known: Known) -> Iterable[str]:
    for path, part in parts(params):
        item = part.get("Item")
        if item and most_size(item) > MOST_ITEM and (size := item_size(item)) > MOST_ITEM:
            yield f"{path}Item: has {size} bytes; allowed: at most {MOST_ITEM}"


def _transaction_size(params: Params, _known: Known) -> Iterable[str]:
    items = [part.get("Item") or part.get("Key") or {} for _, part in parts(params)]
    if sum(map(most_size, items)) <= MOST_TRANSACTION:
        return
    size = sum(map(item_size, items))
    if size > MOST_TRANSACTION:
        yield f"TransactItems: have {size} bytes together; allowed: at most {MOST_TRANSACTION}"


def _one_action_an_item(params: Params, known: Known) -> Iterable[str]:
    seen = set()
    for number, one in enumerate(params["TransactItems"]):
        if len(one) != 1:
            yield f"TransactItems[{number}]: has {len(one)} actions; allowed: exactly one"
            continue
        (part,) = one.values()
        key = _identity(part, known)
        if key is not None and key in seen:
            text = "is about an item of which there was an action before; allowed: one an item"
            yield f"TransactItems[{number}]: {text}"
        seen.add(key)


def _identity(part: Params, known: Known) -> tuple[str, str] | None:
    """Return table and primary key of a part; None if the table's keys are not known."""
    table = known.table(part["TableName"])
    if "Key" in part:
        return part["TableName"], repr(sorted(part["Key"].items()))
    if table is None or not table.primary.keys() <= part["Item"].keys():
        return None
    return part["TableName"], repr([(name, part["Item"][name]) for name in sorted(table.primary)])


def _gotten(params: Params, _known: Known) -> Iterable[str]:
    asked = params["RequestItems"]
    count = sum(len(one["Keys"]) for one in asked.values())
    if count > MOST_GOT:
        yield f"RequestItems: have {count} keys; allowed: at most {MOST_GOT}"
    for table, one in asked.items():
        if len({repr(sorted(key.items())) for key in one["Keys"]}) < len(one["Keys"]):
            yield f"RequestItems.{table}.Keys: have a key twice; allowed: each once"


def _written(params: Params, known: Known) -> Iterable[str]:
    asked = [part for path, part in parts(params) if path.startswith("RequestItems.")]
    if len(asked) > _MOST_WRITTEN:
        yield f"RequestItems: have {len(asked)} writes; allowed: at most {_MOST_WRITTEN}"
    keys = [key for key in (_identity(part, known) for part in asked) if key is not None]
    if len(set(keys)) < len(keys):
        yield "RequestItems: have two writes to one item; allowed: one an item"


_ALL = (
    "dynamodb.PutItem",
    "dynamodb.UpdateItem",
    "dynamodb.DeleteItem",
    "dynamodb.GetItem",
    "dynamodb.Query",
    "dynamodb.Scan",
    "dynamodb.BatchWriteItem",
    "dynamodb.TransactWriteItems",
)
_PUTS = ("dynamodb.PutItem", "dynamodb.BatchWriteItem", "dynamodb.TransactWriteItems")
_API = "Amazon DynamoDB API Reference"
_CONSTRAINTS = 'Amazon DynamoDB Developer Guide, "Constraints in Amazon DynamoDB"'


def _table_names(params: Params, _known: Known) -> Iterable[str]:
    name = params["TableName"]
    if not _TABLE.fullmatch(name):
        yield f"TableName: is {shown(name)}; allowed: 3 to 255 of a-z, A-Z, 0-9 and _ - ."


RULES = (
    Rule(
        name="dynamodb table name",
        operations=("dynamodb.CreateTable",),
        check=_table_names,
        source='Amazon DynamoDB Developer Guide, "Supported data types and naming rules in Amazon '
        'DynamoDB", "Naming rules"',
    ),
    Rule(
        name="dynamodb values",
        operations=_ALL,
        check=_typed,
        source=f"{_API}, AttributeValue (one type); {_CONSTRAINTS}, Number; Developer Guide, "
        '"Supported data types and naming rules in Amazon DynamoDB", "Sets"',
    ),
    Rule(
        name="dynamodb size of an item",
        operations=_PUTS,
        check=_item_sizes,
        source=f"{_CONSTRAINTS}, Item size",
    ),
    Rule(
        name="dynamodb size of a transaction",
        operations=("dynamodb.TransactWriteItems",),
        check=_transaction_size,
        source=f"{_API}, TransactWriteItems (4 MB)",
    ),
    Rule(
        name="dynamodb one action an item",
        operations=("dynamodb.TransactWriteItems",),
        check=_one_action_an_item,
        source=f"{_API}, TransactWriteItems, TransactItems; TransactWriteItem",
    ),
    Rule(
        name="dynamodb batch of reads",
        operations=("dynamodb.BatchGetItem",),
        check=_gotten,
        source=f"{_API}, BatchGetItem (100 items, no key twice)",
    ),
    Rule(
        name="dynamodb batch of writes",
        operations=("dynamodb.BatchWriteItem",),
        check=_written,
        source=f"{_API}, BatchWriteItem (25 requests, no item twice)",
    ),
)

KEPT = (
    Kept(
        name="dynamodb client request token reuse",
        operations=("dynamodb.TransactWriteItems",),
        source=f"{_API}, TransactWriteItems, ClientRequestToken (10 minutes)",
        code="IdempotentParameterMismatchException",
    ),
)
