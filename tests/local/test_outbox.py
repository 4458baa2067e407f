"""The outbox: every event that names a route becomes a nudge on that route's queues, in order."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.description import events_table
from local.outbox import Outbox
from tests.local.lambdas.support import PATIENCE, bodies, client, make_fifo, moto


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto() as url:
        yield url


@pytest.fixture
def sqs(endpoint: str) -> Iterator[Any]:
    with client("sqs", endpoint) as made:
        yield made


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

    def append(self, stream: str, seq: int, route: str | None = "scheduler") -> None:
        item = self._key(stream, seq) | {"id": {"S": f"{stream}-{seq}"}, "body": {"S": "{}"}}
        if route is not None:
            item["route"] = {"S": route}
        self._dynamodb.put_item(TableName=self._name, Item=item)

    def delete(self, stream: str, seq: int) -> None:
        self._dynamodb.delete_item(TableName=self._name, Key=self._key(stream, seq))

    def touch(self, stream: str, seq: int) -> None:
        self._dynamodb.update_item(
            TableName=self._name,
            Key=self._key(stream, seq),
            UpdateExpression="SET edited = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )

    def _key(self, stream: str, seq: int) -> dict[str, Any]:
        return {"stream": {"S": stream}, "seq": {"N": str(seq)}}


class Flaky:
    """A client of SQS that fails on demand, before or after the message is sent."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self.failures: list[str] = []
        self.failed = threading.Event()

    def send_message(self, **message: Any) -> Any:
        when = self.failures.pop(0) if self.failures else None
        if when == "after":
            self._sqs.send_message(**message)
        if when:
            if not self.failures:
                self.failed.set()
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")
        return self._sqs.send_message(**message)


@pytest.fixture
def log(dynamodb: Any) -> Log:
    return Log(dynamodb)


@pytest.fixture
def outbox_of(log: Log, streams: Any) -> Iterator[Callable[..., Outbox]]:
    started: list[Outbox] = []

    def start(sqs: Any, **routes: Any) -> Outbox:
        outbox = Outbox(streams, sqs, log.stream_arn, routes)
        outbox.start()
        started.append(outbox)
        return outbox

    yield start
    for outbox in started:
        outbox.stop()


def ids(messages: list[dict[str, Any]]) -> list[str]:
    return [json.loads(message["Body"])["event"] for message in messages]


def test_an_event_becomes_a_nudge_for_its_stream(log: Log, sqs: Any, outbox_of: Any):
    queue = make_fifo(sqs)
    outbox_of(sqs, scheduler=queue)

    log.append("job-1", 1)

    (nudge,) = bodies(sqs, queue, 1)
    assert json.loads(nudge["Body"]) == {"stream": "job-1", "event": "job-1-1"}
    assert nudge["Attributes"]["MessageGroupId"] == "job-1"
    assert nudge["Attributes"]["MessageDeduplicationId"] == "job-1-1"


def test_what_was_appended_before_the_start_is_forwarded_in_order(
    log: Log, sqs: Any, outbox_of: Any
):
    queue = make_fifo(sqs)
    for seq in range(1, 13):
        log.append("job-1", seq)

    outbox_of(sqs, scheduler=queue)

    assert ids(bodies(sqs, queue, 12)) == [f"job-1-{seq}" for seq in range(1, 13)]


def test_each_route_has_its_queues(log: Log, sqs: Any, outbox_of: Any):
    scheduler, reconciler = make_fifo(sqs), make_fifo(sqs)
    outbox_of(sqs, scheduler=scheduler, reconciler=reconciler, both=(scheduler, reconciler))

    log.append("job-1", 1, "reconciler")
    log.append("job-1", 2, "scheduler")
    log.append("job-1", 3, "both")

    assert ids(bodies(sqs, scheduler, 2)) == ["job-1-2", "job-1-3"]
    assert ids(bodies(sqs, reconciler, 2)) == ["job-1-1", "job-1-3"]


def test_only_new_events_with_a_known_route_nudge(log: Log, sqs: Any, outbox_of: Any):
    queue = make_fifo(sqs)
    outbox_of(sqs, scheduler=queue)

    log.append("job-1", 1, None)
    log.append("job-1", 2, "elsewhere")
    log.append("job-2", 1)
    assert ids(bodies(sqs, queue, 1)) == ["job-2-1"]
    log.touch("job-2", 1)
    log.delete("job-2", 1)
    log.append("job-3", 1)

    assert ids(bodies(sqs, queue, 1)) == ["job-3-1"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_send_that_fails_is_repeated_and_the_order_kept(
    log: Log, sqs: Any, outbox_of: Any, when: str
):
    """Also when the message was sent and only the answer was lost: then it may come twice."""
    queue, flaky = make_fifo(sqs), Flaky(sqs)
    flaky.failures = [when] * 3
    for seq in (1, 2, 3):
        log.append("job-1", seq)

    outbox_of(flaky, scheduler=queue)

    assert flaky.failed.wait(PATIENCE)
    came: list[str] = []
    while "job-1-3" not in came:
        came += ids(bodies(sqs, queue, 1))
    assert list(dict.fromkeys(came)) == ["job-1-1", "job-1-2", "job-1-3"]


def test_a_restarted_outbox_goes_on_where_it_was_stopped(
    log: Log, sqs: Any, streams: Any, outbox_of: Any
):
    queue = make_fifo(sqs)
    outbox = outbox_of(sqs, scheduler=queue)
    log.append("job-1", 1)
    bodies(sqs, queue, 1)  # plain moto forgets what it deleted: a repetition would come through
    outbox.stop()
    log.append("job-1", 2)

    outbox.start()

    assert ids(bodies(sqs, queue, 1)) == ["job-1-2"]


def test_an_expired_iterator_is_replaced_after_the_last_forwarded_event(
    log: Log, sqs: Any, streams: Any
):
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

    queue = make_fifo(sqs)
    outbox = Outbox(Expiring(), sqs, log.stream_arn, {"scheduler": queue})
    outbox.start()
    try:
        for seq in (1, 2, 3):
            log.append("job-1", seq)
            assert ids(bodies(sqs, queue, 1)) == [f"job-1-{seq}"]
    finally:
        outbox.stop()
