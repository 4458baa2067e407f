"""The writes and reads in one request to DynamoDB, a batch or transaction or not. No rules."""

from collections.abc import Iterator

from local.aws.validation.rules.rule import Params

Part = tuple[str, Params]
"""The path of a part, empty or with a dot at its end, and the part's parameters."""


def parts(params: Params) -> Iterator[Part]:
    """What has a table, an item or a key, and expressions, each on its own."""
    if "TransactItems" in params:
        for number, one in enumerate(params["TransactItems"]):
            for kind, part in one.items():
                yield f"TransactItems[{number}].{kind}.", part
    elif "RequestItems" in params:
        for table, asked in params["RequestItems"].items():
            yield from _batch(table, asked)
    else:
        yield "", params


def _batch(table: str, asked: object) -> Iterator[Part]:
    if isinstance(asked, dict):
        path = f"RequestItems.{table}."
        yield path, {"TableName": table, **{k: v for k, v in asked.items() if k != "Keys"}}
        for number, key in enumerate(asked["Keys"]):
            yield f"{path}Keys[{number}].", {"TableName": table, "Key": key}
    elif isinstance(asked, list | tuple):
        for number, one in enumerate(asked):
            for kind, part in one.items():
                yield f"RequestItems.{table}[{number}].{kind}.", {"TableName": table, **part}
