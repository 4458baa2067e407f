"""DynamoDB is atomic under contention."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.table import StreamShard, Table

from local.aws.patches import dynamodb
from local.description import events_table
from tests.local.aws.patched import fixed_by, let_two_meet

RACERS = 8
NEW = "attribute_not_exists(#stream)"


@pytest.fixture
def aws(client: Callable[..., Any]) -> Any:
    return client("dynamodb")


@pytest.fixture
def table(aws: Any, name: str) -> str:
    aws.create_table(**events_table(name))
    return name


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two racers read before either writes, if DynamoDB lets them."""
    let_two_meet(monkeypatch, Table, "get_item")


def _put(table: str, seq: int, *, writer: str = "", condition: str | None = NEW) -> dict[str, Any]:
    put: dict[str, Any] = {
        "TableName": table,
        "Item": {"stream": {"S": "job-1"}, "seq": {"N": str(seq)}, "writer": {"S": writer}},
    }
    if condition:
        put |= {
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#stream": "stream"},
        }
    return put


def _race(write: Callable[[int], Any]) -> list[str | None]:
    """What each racer was told: None for a success, or the error's code."""

    def told(racer: int) -> str | None:
        try:
            write(racer)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(told, range(RACERS)))


def _seqs(aws: Any, table: str) -> list[int]:
    return sorted(int(one["seq"]["N"]) for one in aws.scan(TableName=table)["Items"])


def _records(client: Callable[..., Any], table: str, iterator: str | None = None) -> list[int]:
    """The sequence numbers of all events that the table's stream shows."""
    streams = client("dynamodbstreams")
    iterator = iterator or _iterator(streams, table)
    records = streams.get_records(ShardIterator=iterator)["Records"]
    return [int(one["dynamodb"]["Keys"]["seq"]["N"]) for one in records]


def _iterator(streams: Any, table: str) -> str:
    arn = streams.list_streams(TableName=table)["Streams"][0]["StreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    found = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    return str(found["ShardIterator"])


@fixed_by(dynamodb.one_action_at_a_time)
@pytest.mark.usefixtures("without", "crowd")
def test_of_eight_conditional_puts_exactly_one_wins(aws: Any, table: str) -> None:
    told = _race(lambda racer: aws.put_item(**_put(table, 1, writer=str(racer))))
    assert told.count(None) == 1
    assert told.count("ConditionalCheckFailedException") == RACERS - 1


@fixed_by(dynamodb.one_action_at_a_time)
@pytest.mark.usefixtures("without", "crowd")
def test_of_eight_transactions_exactly_one_wins_and_is_whole(aws: Any, table: str) -> None:
    def write(racer: int) -> None:
        puts = [_put(table, seq, writer=str(racer)) for seq in (1, 2)]
        aws.transact_write_items(TransactItems=[{"Put": put} for put in puts])

    told = _race(write)
    writers = {one["writer"]["S"] for one in aws.scan(TableName=table)["Items"]}
    assert told.count(None) == 1
    assert told.count("TransactionCanceledException") == RACERS - 1
    assert writers == {str(told.index(None))}


def test_a_cancelled_transaction_gives_the_reason_of_each_write(aws: Any, table: str) -> None:
    aws.put_item(**_put(table, 2))
    puts = [{"Put": _put(table, seq)} for seq in (1, 2, 3)]
    with pytest.raises(ClientError) as cancelled:
        aws.transact_write_items(TransactItems=puts)
    reasons = [one["Code"] for one in cancelled.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed", "None"]
    assert _seqs(aws, table) == [2]


def test_a_cancelled_transaction_undoes_puts_updates_and_deletes(aws: Any, table: str) -> None:
    for seq in (1, 2, 3, 4):
        aws.put_item(**_put(table, seq, writer="first"))
    before = aws.scan(TableName=table)["Items"]
    key = {seq: {"stream": {"S": "job-1"}, "seq": {"N": str(seq)}} for seq in (2, 3)}
    update = {
        "TableName": table,
        "Key": key[2],
        "UpdateExpression": "SET writer = :second",
        "ExpressionAttributeValues": {":second": {"S": "second"}},
    }
    operations: list[dict[str, Any]] = [
        {"Put": _put(table, 1, writer="second", condition=None)},
        {"Update": update},
        {"Delete": {"TableName": table, "Key": key[3]}},
        {"Put": _put(table, 4)},
        {"Put": _put(table, 5)},
    ]
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        aws.transact_write_items(TransactItems=operations)
    by_seq = sorted(aws.scan(TableName=table)["Items"], key=lambda one: one["seq"]["N"])
    assert by_seq == before


@fixed_by(dynamodb.undo_cancelled_transactions)
@pytest.mark.usefixtures("without")
def test_a_stream_reader_outlives_a_cancelled_transaction(
    aws: Any, client: Callable[..., Any], table: str
) -> None:
    iterator = _iterator(client("dynamodbstreams"), table)
    aws.put_item(**_put(table, 1))
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        aws.transact_write_items(TransactItems=[{"Put": _put(table, seq)} for seq in (2, 1)])
    aws.put_item(**_put(table, 3))
    assert _records(client, table, iterator) == [1, 3]


@fixed_by(dynamodb.undo_cancelled_transactions)
@pytest.mark.usefixtures("without")
def test_a_transaction_does_not_copy_the_table(
    aws: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copied(_shard: StreamShard, _memo: dict[int, Any]) -> StreamShard:
        raise AssertionError("the table was copied")

    monkeypatch.setattr(StreamShard, "__deepcopy__", copied, raising=False)
    aws.transact_write_items(TransactItems=[{"Put": _put(table, 1)}])
    assert _seqs(aws, table) == [1]


@fixed_by(dynamodb.transact_once_per_client_token)
@pytest.mark.usefixtures("without")
def test_a_transaction_repeated_under_its_token_succeeds_without_effect(
    aws: Any, client: Callable[..., Any], table: str
) -> None:
    for _ in range(2):
        aws.transact_write_items(TransactItems=[{"Put": _put(table, 1)}], ClientRequestToken="one")
    assert _records(client, table) == [1]


@fixed_by(dynamodb.transact_once_per_client_token)
@pytest.mark.usefixtures("without")
def test_a_token_can_not_be_used_for_another_transaction(aws: Any, table: str) -> None:
    aws.transact_write_items(TransactItems=[{"Put": _put(table, 1)}], ClientRequestToken="two")
    with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
        aws.transact_write_items(TransactItems=[{"Put": _put(table, 2)}], ClientRequestToken="two")
    assert _seqs(aws, table) == [1]


def test_a_cancelled_transaction_may_be_tried_again_under_its_token(aws: Any, table: str) -> None:
    aws.put_item(**_put(table, 1))
    again = {"TransactItems": [{"Put": _put(table, 1)}], "ClientRequestToken": "three"}
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        aws.transact_write_items(**again)
    aws.delete_item(TableName=table, Key={"stream": {"S": "job-1"}, "seq": {"N": "1"}})
    aws.transact_write_items(**again)
    assert _seqs(aws, table) == [1]
