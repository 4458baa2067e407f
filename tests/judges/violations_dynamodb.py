"""Violations of DynamoDB's rules: by rule, operations and parameters. No test is here."""

from tests.judges.requests_support import (
    TABLE,
    Params,
    item,
    put,
    query,
    update,
)

_KIB = 1024
_KEY = {"runner_id": {"S": "fleet-7-1"}}


def of_dynamodb() -> dict[str, list[tuple[str, Params]]]:
    """See the module."""

    def written(**more: Params) -> Params:
        return {"TransactItems": [{"Put": put(**more)}]}

    large = {"S": "x" * 400 * _KIB}
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    keys = [{"runner_id": {"S": str(number)}} for number in range(51)]
    puts = [
        {
            "Put": {
                "TableName": TABLE,
                "Item": {"runner_id": {"S": str(n)}, "x": {"S": "x" * 390 * _KIB}},
            }
        }
        for n in range(11)
    ]
    return {
        "dynamodb table name": [("CreateTable", {"TableName": "ab", **table})],
        "dynamodb values": [
            ("PutItem", put(a={"S": "x", "N": "1"})),
            ("PutItem", put(a={"L": [{}]})),
            ("PutItem", put(a={"N": "1" * 39})),
            ("PutItem", put(a={"N": "one"})),
            ("TransactWriteItems", written(a={"M": {"b": {"N": "1E+126"}}})),
            ("PutItem", put(a={"SS": []})),
            ("PutItem", put(a={"NS": ["1", "1"]})),
        ],
        "dynamodb size of an item": [
            ("PutItem", put(a=large)),
            ("TransactWriteItems", written(a={"L": [large]})),
        ],
        "dynamodb size of a transaction": [("TransactWriteItems", {"TransactItems": puts})],
        "dynamodb one action an item": [
            ("TransactWriteItems", {"TransactItems": [{"Put": put()}, {"Put": put(a={"S": "b"})}]}),
            ("TransactWriteItems", {"TransactItems": [{}]}),
        ],
        "dynamodb batch of reads": [
            ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": keys}, "other": {"Keys": keys}}}),
            ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [_KEY, _KEY]}}}),
        ],
        "dynamodb batch of writes": [
            ("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": item()}}] * 2}}),
            (
                "BatchWriteItem",
                {
                    "RequestItems": {
                        name: [{"PutRequest": {"Item": {"id": {"S": str(n)}}}} for n in range(13)]
                        for name in ("one", "two")
                    }
                },
            ),
        ],
        "dynamodb primary keys": [
            ("PutItem", {"TableName": TABLE, "Item": {"a": {"S": "b"}}}),
            ("PutItem", {"TableName": TABLE, "Item": {"runner_id": {"N": "7"}}}),
            ("PutItem", {"TableName": TABLE, "Item": {"runner_id": {"S": ""}}}),
            ("PutItem", {"TableName": TABLE, "Item": {"runner_id": {"S": "x" * 2_049}}}),
            (
                "GetItem",
                {"TableName": TABLE, "Key": {**_KEY, "a": {"S": "b"}}, "ConsistentRead": True},
            ),
            ("DeleteItem", {"TableName": TABLE, "Key": {"a": {"S": "b"}}}),
        ],
        "dynamodb index keys": [
            ("PutItem", put(waiting={"N": "3"})),
            ("PutItem", put(waiting={"S": ""})),
            ("TransactWriteItems", written(waiting={"N": "3"})),
            ("UpdateItem", update("SET waiting = :n", {":n": {"N": "3"}})),
            ("UpdateItem", update("ADD waiting :n", {":n": {"N": "3"}})),
            ("UpdateItem", update("SET waiting = if_not_exists(waiting, :n)", {":n": {"N": "3"}})),
        ],
        "dynamodb updates leave keys": [
            ("UpdateItem", update("SET runner_id = :id", {":id": {"S": "other"}})),
            (
                "UpdateItem",
                update("SET a = if_not_exists(a, :id) REMOVE runner_id", {":id": {"S": "b"}}),
            ),
        ],
        "dynamodb names and values are used": [
            ("PutItem", {**put(), "ExpressionAttributeNames": {"#a": "a"}}),
            ("PutItem", {**put(), "ConditionExpression": "a = :a"}),
            (
                "TransactWriteItems",
                {
                    "TransactItems": [
                        {"Put": {**put(), "ExpressionAttributeValues": {":a": {"S": "a"}}}}
                    ]
                },
            ),
        ],
        "dynamodb reserved words": [
            ("PutItem", {**put(), "ConditionExpression": "attribute_not_exists(status)"}),
            ("Scan", {"TableName": TABLE, "ProjectionExpression": "runner_id, stream"}),
        ],
        "dynamodb size of expressions": [
            ("PutItem", {**put(), "ConditionExpression": f"attribute_exists({'x' * 4_096})"}),
        ],
        "dynamodb reads of indexes": [
            ("Query", query(ConsistentRead=True)),
            ("Query", query(IndexName="by_nothing")),
        ],
        "dynamodb filters without keys": [
            ("Query", query(FilterExpression="arrived_at > :waiting")),
        ],
    }
