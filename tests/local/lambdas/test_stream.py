"""The event source mapping of a stream: what a function gets of the log, and what it gets again."""

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.description import events_table
from local.lambdas.function import FunctionError, Result
from local.lambdas.host import HostNotRunningError
from local.lambdas.sources.stream import StreamMapping, unforwarded
from tests.local.lambdas.support import PATIENCE, PlayedHost, client

MappingOf = Callable[..., StreamMapping]


@pytest.fixture
def dynamodb(endpoint: str) -> Iterator[Any]:
    with client("dynamodb", endpoint) as made:
        yield made


@pytest.fixture
def streams(endpoint: str) -> Iterator[Any]:
    with client("dynamodbstreams", endpoint) as made:
        yield made


class Log:
    """An events table with its stream."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._name = f"events-{uuid.uuid4().hex[:12]}"
        made = dynamodb.create_table(**events_table(self._name))
        self.stream_arn = made["TableDescription"]["LatestStreamArn"]

    def append(self, *numbers: int, route: str | None = "scheduler") -> None:
        for seq in numbers:
            item = self._key(seq) | {"id": {"S": f"event-{seq}"}, "body": {"S": "{}"}}
            if route is not None:
                item["route"] = {"S": route}
            self._dynamodb.put_item(TableName=self._name, Item=item)

    def delete(self, seq: int) -> None:
        self._dynamodb.delete_item(TableName=self._name, Key=self._key(seq))

    def touch(self, seq: int) -> None:
        self._dynamodb.update_item(
            TableName=self._name,
            Key=self._key(seq),
            UpdateExpression="SET edited = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )

    def _key(self, seq: int) -> dict[str, Any]:
        return {"stream": {"S": "job-1"}, "seq": {"N": str(seq)}}


@pytest.fixture
def log(dynamodb: Any) -> Log:
    return Log(dynamodb)


@pytest.fixture
def mapping_of(log: Log, streams: Any) -> Iterator[MappingOf]:
    started: list[StreamMapping] = []

    def start(host: Any, **more: Any) -> StreamMapping:
        settings = {"poll_seconds": 0.01, **more}
        mapping = StreamMapping(host, "outbox", streams, log.stream_arn, **settings)
        mapping.start()
        started.append(mapping)
        return mapping

    yield start
    for mapping in started:
        mapping.stop()


def ids(event: dict[str, Any]) -> list[str]:
    return [_image(one)["id"]["S"] for one in event["Records"]]


def _image(record: dict[str, Any]) -> dict[str, Any]:
    change = record["dynamodb"]
    image: dict[str, Any] = change.get("NewImage") or change["OldImage"]
    return image


def number(event: dict[str, Any], wanted: str) -> str | None:
    """The sequence number of the record of that event, if the batch has it."""
    for one in event["Records"]:
        if _image(one)["id"]["S"] == wanted:
            return str(one["dynamodb"]["SequenceNumber"])
    return None


class Forwarding:
    """A function that forwards what it can, and remembers it until `last` came."""

    def __init__(self, last: str) -> None:
        self.forwarded: list[str] = []
        self.batches: list[list[str]] = []
        self.done = threading.Event()
        self.broken: set[str] = set()
        self.failing: dict[str, int] = {}
        self._last = last

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        batch = ids(event)
        self.batches.append(batch)
        if self.broken & set(batch):
            raise RuntimeError("it fails as a whole")
        for one in batch:
            if self.failing.get(one, 0):
                self.failing[one] -= 1
                return {"batchItemFailures": [{"itemIdentifier": number(event, one)}]}
            self.forwarded.append(one)
        if self._last in batch:
            self.done.set()
        return {"batchItemFailures": []}


def test_what_was_appended_before_the_start_is_handed_over_in_order(
    log: Log, mapping_of: MappingOf
) -> None:
    log.append(*range(1, 13))
    outbox = Forwarding("event-12")

    mapping_of(PlayedHost(outbox), batch_size=5)

    assert outbox.done.wait(PATIENCE)
    assert outbox.forwarded == [f"event-{seq}" for seq in range(1, 13)]
    assert {len(one) for one in outbox.batches} <= {1, 2, 3, 4, 5}


def test_a_record_is_shaped_as_lambdas(log: Log, mapping_of: MappingOf) -> None:
    outbox = Forwarding("event-1")
    host = PlayedHost(outbox)
    mapping_of(host)

    log.append(1)

    ((record,),) = (event["Records"] for event in host.await_calls(1))
    assert (record["eventName"], record["eventSource"]) == ("INSERT", "aws:dynamodb")
    assert record["dynamodb"]["NewImage"]["route"] == {"S": "scheduler"}
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)


def test_new_events_with_a_route_and_all_changes_are_handed_over(
    log: Log, mapping_of: MappingOf
) -> None:
    outbox = Forwarding("event-3")
    mapping_of(PlayedHost(outbox))

    log.append(1, route=None)
    log.append(2)
    log.touch(2)
    log.delete(2)
    log.append(3)

    assert outbox.done.wait(PATIENCE)
    assert outbox.forwarded == ["event-2", "event-2", "event-2", "event-3"]


def test_a_batch_is_handed_over_again_from_the_first_failed_record_on(
    log: Log, mapping_of: MappingOf
) -> None:
    log.append(1, 2, 3)
    outbox = Forwarding("event-3")
    outbox.failing = {"event-2": 2}

    mapping_of(PlayedHost(outbox))

    assert outbox.done.wait(PATIENCE)
    assert outbox.forwarded == ["event-1", "event-2", "event-3"]
    assert outbox.batches == [
        ["event-1", "event-2", "event-3"],
        *[["event-2", "event-3"]] * 2,
    ]


def test_a_batch_that_fails_as_a_whole_is_bisected_and_its_bad_record_given_up_by_age(
    log: Log, mapping_of: MappingOf
) -> None:
    log.append(1, 2, 3, 4)
    outbox = Forwarding("event-4")
    outbox.broken = {"event-2"}
    clock = iter(range(0, 100_000, 100))

    mapping_of(PlayedHost(outbox), max_age_seconds=900, clock=lambda: next(clock))

    assert outbox.done.wait(PATIENCE)
    assert outbox.forwarded == ["event-1", "event-3", "event-4"]
    assert outbox.batches.count(["event-2"]) > 1, "it was retried before"


def test_a_restarted_mapping_goes_on_where_it_was_stopped(log: Log, mapping_of: MappingOf) -> None:
    outbox = Forwarding("event-2")
    host = PlayedHost(outbox)
    mapping = mapping_of(host)
    log.append(1)
    host.await_calls(1)
    mapping.stop()
    log.append(2)

    mapping.start()

    assert outbox.done.wait(PATIENCE)
    assert outbox.batches == [["event-1"], ["event-2"]]


def test_a_host_that_is_stopped_first_loses_no_record(log: Log, mapping_of: MappingOf) -> None:
    outbox = Forwarding("event-1")
    down = [True] * 3

    class Stopping(PlayedHost):
        def invoke(self, name: str, event: Any, *, request_id: str | None = None) -> Result:
            if down:
                down.pop()
                raise HostNotRunningError
            return super().invoke(name, event, request_id=request_id)

    mapping_of(Stopping(outbox))
    log.append(1)

    assert outbox.done.wait(PATIENCE)
    assert outbox.forwarded == ["event-1"]


def test_an_expired_iterator_is_replaced_after_the_last_forwarded_record(
    log: Log, streams: Any
) -> None:
    class Expiring:
        """A client of the stream whose every iterator is good for one page."""

        describe_stream = staticmethod(streams.describe_stream)
        get_shard_iterator = staticmethod(streams.get_shard_iterator)
        used: str | None = None

        def get_records(self, **page: Any) -> Any:
            if self.used is not None:
                self.used = None
                raise ClientError({"Error": {"Code": "ExpiredIteratorException"}}, "GetRecords")
            self.used = page["ShardIterator"]
            return streams.get_records(**page)

    expiring: Any = Expiring()
    outbox = Forwarding("event-3")
    mapping = StreamMapping(
        PlayedHost(outbox), "outbox", expiring, log.stream_arn, poll_seconds=0.01
    )
    mapping.start()
    try:
        log.append(1, 2, 3)
        assert outbox.done.wait(PATIENCE)
    finally:
        mapping.stop()
    assert outbox.forwarded == ["event-1", "event-2", "event-3"]


BATCH: list[dict[str, Any]] = [{"dynamodb": {"SequenceNumber": str(one)}} for one in (7, 8, 9)]


@pytest.mark.parametrize(
    ("payload", "again"),
    [
        (None, []),
        ({}, []),
        ({"batchItemFailures": []}, []),
        ({"batchItemFailures": [{"itemIdentifier": "8"}]}, ["8", "9"]),
        ({"batchItemFailures": [{"itemIdentifier": "9"}, {"itemIdentifier": "8"}]}, ["8", "9"]),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, ["7", "8", "9"]),
        ({"batchItemFailures": [{"itemIdentifier": "10"}]}, ["7", "8", "9"]),
        ({"batchItemFailures": ["8"]}, ["7", "8", "9"]),
        ("all is well", ["7", "8", "9"]),
    ],
)
def test_an_answer_means_what_lambda_documents(payload: Any, again: list[str]) -> None:
    left = unforwarded(Result(request_id="1", payload=payload), BATCH)
    assert [one["dynamodb"]["SequenceNumber"] for one in left] == again


def test_an_error_means_that_nothing_was_forwarded() -> None:
    error = FunctionError(type="RuntimeError", message="it broke")
    assert unforwarded(Result(request_id="1", error=error), BATCH) == BATCH
