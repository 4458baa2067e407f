"""The two tables, made in an emulated DynamoDB."""

from typing import Any

from shared.adapters.dynamodb import BY_ARRIVAL, BY_DEADLINE, BY_STATUS


def create_tables(client: Any, events: str, runners: str) -> None:
    """Create the events table with its stream, and the runners table with its two indexes."""
    client.create_table(
        TableName=events,
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        **_schema(("stream", "S"), ("seq", "N")),
    )
    client.create_table(
        TableName=runners,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_keys("runner_id"),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in (
                "runner_id",
                "status",
                "status_at",
                "live",
                "deadline",
                "waiting",
                "queued_at",
            )
        ],
        GlobalSecondaryIndexes=[
            _index(BY_STATUS, "status", "status_at"),
            _index(BY_DEADLINE, "live", "deadline"),
            _index(BY_ARRIVAL, "waiting", "queued_at"),
        ],
    )


def _index(name: str, *keys: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _keys(*keys),
        "Projection": {"ProjectionType": "ALL"},
    }


def _keys(*names: str) -> list[dict[str, str]]:
    kinds = ("HASH", "RANGE")
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)
    ]


def _schema(*keys: tuple[str, str]) -> dict[str, Any]:
    return {
        "KeySchema": _keys(*(name for name, _ in keys)),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in keys
        ],
    }
