"""Splits a request to DynamoDB into its single reads and writes. It contains no rules."""

from collections.abc import Iterator

from local.aws.validation.rules.rule import Params

Part = tuple[str, Params]
"""Path of a part, which is empty or ends with a dot, and the part's parameters."""


def parts(params: Params) -> Iterator[Part]:
    """Yield each part of a request that has a table, an item or key, and expressions."""
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
