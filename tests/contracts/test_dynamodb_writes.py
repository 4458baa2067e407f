"""DynamoDB's rules for updates, condition checks, transactions and batch reads.

Both emulations of DynamoDB follow them, as does AWS's own engine, DynamoDB Local 1.25.1.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.simulated.agenda import Agenda
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.paging import Direct
from tests.support.judged import Refusals

TABLE = "counters"
KEY = {"id": {"S": "slots"}}
BEFORE = {**KEY, "taken": {"N": "3"}, "name": {"S": "fleet"}}


def number(value: str) -> dict[str, str]:
    return {"N": value}


@pytest.fixture(params=["simulated", "moto"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if request.param == "simulated":
        yield _filled(Direct(DynamoDB(Agenda(Random(0)))))
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        made = boto3.client("dynamodb", region_name="us-east-1")
        yield _filled(made)
        made.close()


def _filled(client: Any) -> Any:
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    client.put_item(TableName=TABLE, Item=BEFORE)
    return client


def _item(client: Any, key: dict[str, Any] = KEY) -> Any:
    return client.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")


def _update(client: Any, expression: str, key: dict[str, Any] = KEY, **more: Any) -> Any:
    return client.update_item(TableName=TABLE, Key=key, UpdateExpression=expression, **more)


def _values(**told: dict[str, str]) -> dict[str, Any]:
    return {"ExpressionAttributeValues": {f":{name}": one for name, one in told.items()}}


def _code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("expression", "values", "after"),
    [
        ("SET taken = taken + :n", {"n": "1"}, {"taken": number("4")}),
        ("SET taken = taken - :n", {"n": "1"}, {"taken": number("2")}),
        ("SET taken = :n", {"n": "9"}, {"taken": number("9")}),
        ("ADD taken :n", {"n": "-3"}, {"taken": number("0")}),
        ("ADD held :n", {"n": "2"}, {"held": number("2")}),
        ("SET held = if_not_exists(held, :z) + :n", {"z": "0", "n": "1"}, {"held": number("1")}),
        ("SET past = taken, taken = :n", {"n": "5"}, {"past": number("3"), "taken": number("5")}),
        (
            "ADD taken :n SET held = :z",
            {"n": "1", "z": "7"},
            {"taken": number("4"), "held": number("7")},
        ),
        ("ADD taken :n", {"n": "0.5"}, {"taken": number("3.5")}),
    ],
)
def test_numbers_are_counted_by_an_update(
    client: Any, expression: str, values: dict[str, str], after: dict[str, Any]
) -> None:
    told = _values(**{name: number(one) for name, one in values.items()})
    _update(client, expression, **told)
    assert _item(client) == BEFORE | after


def test_an_update_removes_attributes_and_names_reserved_words(client: Any) -> None:
    _update(client, "REMOVE #n, taken", ExpressionAttributeNames={"#n": "name"})
    assert _item(client) == KEY


def test_an_update_makes_the_item_that_is_missing(client: Any) -> None:
    key = {"id": {"S": "new"}}
    _update(client, "ADD taken :n", key, **_values(n=number("1")))
    assert _item(client, key) == key | {"taken": number("1")}


def test_an_update_whose_condition_fails_changes_nothing(client: Any) -> None:
    told = _values(n=number("1"), most=number("3"))
    with pytest.raises(ClientError) as refused:
        _update(client, "ADD taken :n", ConditionExpression="taken < :most", **told)
    assert _code(refused) == "ConditionalCheckFailedException"
    assert _item(client) == BEFORE


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("NONE", None),
        ("ALL_OLD", BEFORE),
        ("ALL_NEW", BEFORE | {"taken": number("4")}),
        ("UPDATED_OLD", {"taken": number("3")}),
        ("UPDATED_NEW", {"taken": number("4")}),
    ],
)
def test_an_update_shows_what_it_is_asked_for(client: Any, asked: str, shown: Any) -> None:
    told = _values(n=number("1"))
    answer = _update(client, "ADD taken :n", ReturnValues=asked, **told)
    assert answer.get("Attributes") == shown


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("SET missing = missing + :n", {"n": number("1")}),
        ("SET taken = taken + :n", {"n": {"S": "1"}}),
        ("ADD #name :n", {"n": number("1")}),
        ("ADD taken :n", {"n": {"S": "1"}}),
        ("SET id = :n", {"n": {"S": "other"}}),
        ("SET taken = :n, taken = :m", {"n": number("1"), "m": number("1")}),
        ("SET taken = :n SET held = :m", {"n": number("1"), "m": number("1")}),
        ("SET taken = :n", {"n": number("1"), "unused": number("1")}),
        ("SET taken = :missing", {"n": number("1")}),
        ("SET status = :n", {"n": number("1")}),
        ("taken = :n", {"n": number("1")}),
    ],
)
def test_a_wrong_update_is_refused(client: Any, expression: str, values: dict[str, Any]) -> None:
    names = {"ExpressionAttributeNames": {"#name": "name"}} if "#name" in expression else {}
    with Refusals(), pytest.raises(ClientError) as refused:
        _update(client, expression, **_values(**values), **names)
    assert _code(refused) == "ValidationException"
    assert _item(client) == BEFORE


def test_a_condition_does_not_calculate() -> None:
    """DynamoDB Local rejects it, too; moto evaluates it."""
    client = _filled(Direct(DynamoDB(Agenda(Random(0)))))
    told = _values(n=number("1"), most=number("9"))
    with Refusals(), pytest.raises(ClientError) as refused:
        _update(client, "ADD taken :n", ConditionExpression="taken + :n < :most", **told)
    assert _code(refused) == "ValidationException"


def _transact(client: Any, *writes: dict[str, Any]) -> Any:
    return client.transact_write_items(
        TransactItems=[
            {kind: {"TableName": TABLE, **one}} for write in writes for kind, one in write.items()
        ]
    )


def _counting(most: str, **more: Any) -> dict[str, Any]:
    return {
        "Update": {
            "Key": KEY,
            "UpdateExpression": "ADD taken :n",
            "ConditionExpression": "taken < :most",
            **_values(n=number("1"), most=number(most)),
            **more,
        }
    }


NEW = {"id": {"S": "new"}}


def test_a_transaction_counts_puts_checks_and_deletes_at_once(client: Any) -> None:
    client.put_item(TableName=TABLE, Item={"id": {"S": "old"}})
    client.put_item(TableName=TABLE, Item={"id": {"S": "asked"}, "open": number("1")})
    _transact(
        client,
        _counting("4"),
        {"Put": {"Item": NEW, "ConditionExpression": "attribute_not_exists(id)"}},
        {"Delete": {"Key": {"id": {"S": "old"}}}},
        {
            "ConditionCheck": {
                "Key": {"id": {"S": "asked"}},
                "ConditionExpression": "#open = :yes",
                "ExpressionAttributeNames": {"#open": "open"},
                **_values(yes=number("1")),
            }
        },
    )
    assert _item(client) == BEFORE | {"taken": number("4")}
    assert _item(client, NEW) == NEW
    assert _item(client, {"id": {"S": "old"}}) is None


def test_a_transaction_of_which_one_condition_fails_does_nothing_and_says_which(
    client: Any,
) -> None:
    with pytest.raises(ClientError) as refused:
        _transact(client, {"Put": {"Item": NEW}}, _counting("3"))
    assert _code(refused) == "TransactionCanceledException"
    response: Any = refused.value.response
    codes = [one["Code"] for one in response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert _item(client, NEW) is None
    assert _item(client) == BEFORE


def test_a_failed_condition_shows_the_item_to_who_asks_for_it(client: Any) -> None:
    shown = _counting("3", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    with pytest.raises(ClientError) as refused:
        _transact(client, {"Put": {"Item": NEW}}, shown)
    response: Any = refused.value.response
    assert response["CancellationReasons"][1]["Item"] == BEFORE


def test_a_transaction_writes_each_item_once(client: Any) -> None:
    with Refusals(), pytest.raises(ClientError) as refused:
        _transact(client, _counting("9"), {"Put": {"Item": BEFORE}})
    assert _code(refused) == "ValidationException"
    assert _item(client) == BEFORE


def test_a_transaction_that_counts_what_is_missing_does_nothing(client: Any) -> None:
    wrong = {
        "Update": {
            "Key": KEY,
            "UpdateExpression": "SET missing = missing + :n",
            **_values(n=number("1")),
        }
    }
    with Refusals(), pytest.raises(ClientError):
        _transact(client, {"Put": {"Item": NEW}}, wrong)
    assert _item(client, NEW) is None


def test_a_batch_reads_what_there_is(client: Any) -> None:
    client.put_item(TableName=TABLE, Item=NEW)
    keys = [KEY, NEW, {"id": {"S": "missing"}}]
    asked = {TABLE: {"Keys": keys, "ConsistentRead": True}}
    answer = client.batch_get_item(RequestItems=asked)
    found = sorted(answer["Responses"][TABLE], key=lambda item: item["id"]["S"])
    assert found == [NEW, BEFORE]
    assert answer["UnprocessedKeys"] == {}


def test_a_batch_asks_for_each_key_once(client: Any) -> None:
    asked = {TABLE: {"Keys": [KEY, KEY], "ConsistentRead": True}}
    with Refusals(), pytest.raises(ClientError) as refused:
        client.batch_get_item(RequestItems=asked)
    assert _code(refused) == "ValidationException"


def test_the_simulated_batch_leaves_keys_unprocessed() -> None:
    client = _filled(Direct(DynamoDB(Agenda(Random(0)))))
    keys = [{"id": {"S": f"item-{number}"}} for number in range(100)]
    for key in keys:
        client.put_item(TableName=TABLE, Item=key)
    left: Any = {TABLE: {"Keys": keys, "ConsistentRead": True}}
    found: list[Any] = []
    answers = 0
    while left:
        answer = client.batch_get_item(RequestItems=left)
        found += answer["Responses"][TABLE]
        left = answer["UnprocessedKeys"]
        answers += 1
    assert answers == 3
    assert len(found) == 100
