"""The event source mapping: what a function gets of a FIFO queue, and what stays in it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.lambdas.function import FunctionError, Result
from local.lambdas.host import HostNotRunningError, LambdaHost
from local.lambdas.sources.sqs import EventSourceMapping, failed
from tests.local.lambdas.support import PATIENCE, PlayedHost, bodies, function, make_fifo

MappingOf = Callable[..., None]


@pytest.fixture
def mapping_of(sqs: Any) -> Iterator[MappingOf]:
    started: list[EventSourceMapping] = []

    def start(host: Any, queue: str, **more: Any) -> None:
        mapping = EventSourceMapping(host, "consumer", sqs, queue, **{"pollers": 1, **more})
        mapping.start()
        started.append(mapping)

    yield start
    for mapping in started:
        mapping.stop()


def send(sqs: Any, queue: str, *messages: str, group: str = "g", **more: Any) -> None:
    for body in messages:
        sqs.send_message(
            QueueUrl=queue,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=f"{group}-{body}",
            **more,
        )


def make_fifo_with_dead_letters(sqs: Any, max_receive_count: int) -> tuple[str, str]:
    """The URLs of a queue that hides messages for a second, and of its dead-letter queue."""
    dead = make_fifo(sqs)
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": max_receive_count}
    queue = make_fifo(sqs, VisibilityTimeout="1", RedrivePolicy=json.dumps(policy))
    return queue, dead


def await_empty(sqs: Any, queue: str) -> None:
    """Wait until the queue holds nothing, neither visible nor in flight, twice in a row.

    One answer may miss a message that becomes visible between the count of the visible messages
    and that of the others.
    """
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    until, empty = time.monotonic() + PATIENCE, 0
    while time.monotonic() < until:
        left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        empty = empty + 1 if all(left[name] == "0" for name in names) else 0
        if empty == 2:
            return
    raise AssertionError(f"messages stay: {left}")


def refuse(event: Any, *, bad: str) -> dict[str, Any]:
    """Report the messages of that body as failed."""
    ids = [one["messageId"] for one in event["Records"] if one["body"] == bad]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in ids]}


def test_a_message_becomes_a_record(sqs: Any, mapping_of: MappingOf):
    host = PlayedHost(lambda event: None)
    queue = make_fifo(sqs)
    attributes = {
        "kind": {"DataType": "String", "StringValue": "nudge"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\xff"},
    }
    send(sqs, queue, "hi", group="job-1", MessageAttributes=attributes)

    mapping_of(host, queue)

    (event,) = host.await_calls(1)
    (record,) = event["Records"]
    assert record["body"] == "hi"
    assert record["md5OfBody"] == "49f68a5c8493ec2c0bf489821c21fc3b"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(queue.rpartition("/")[2])
    assert record["awsRegion"] == "us-east-1"
    told = record["attributes"]
    assert told["MessageGroupId"] == "job-1"
    assert told["MessageDeduplicationId"] == "job-1-hi"
    assert told["ApproximateReceiveCount"] == "1"
    assert {"SequenceNumber", "SentTimestamp", "SenderId"} <= told.keys()
    assert record["messageAttributes"]["kind"]["stringValue"] == "nudge"
    assert record["messageAttributes"]["raw"]["binaryValue"] == "/w=="
    assert json.dumps(event), "an event is JSON"


def test_what_succeeded_is_deleted(sqs: Any, mapping_of: MappingOf):
    host = PlayedHost(lambda event: {"batchItemFailures": []})
    queue = make_fifo(sqs)
    send(sqs, queue, "a", "b")

    mapping_of(host, queue)

    await_empty(sqs, queue)


def test_a_batch_is_no_larger_than_its_size_and_a_group_keeps_its_order(
    sqs: Any, mapping_of: MappingOf
):
    host = PlayedHost(lambda event: None)
    queue = make_fifo(sqs)
    send(sqs, queue, *"abcdefg", group="one")
    send(sqs, queue, *"hij", group="two")

    mapping_of(host, queue, batch_size=3)

    await_empty(sqs, queue)
    assert all(len(event["Records"]) <= 3 for event in host.events)
    records = [record for event in host.events for record in event["Records"]]
    by_group = {
        group: [
            record["body"] for record in records if record["attributes"]["MessageGroupId"] == group
        ]
        for group in ("one", "two")
    }
    assert by_group == {"one": list("abcdefg"), "two": list("hij")}


def test_only_what_failed_comes_back(sqs: Any, mapping_of: MappingOf):
    host = PlayedHost(lambda event: refuse(event, bad="b"))
    queue = make_fifo(sqs, VisibilityTimeout="1")
    for body in "abc":
        send(sqs, queue, body, group=body)

    mapping_of(host, queue)

    first, second = host.await_calls(2)
    assert [one["body"] for one in first["Records"]] == ["a", "b", "c"]
    assert [one["body"] for one in second["Records"]] == ["b"]
    assert second["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"


def test_a_function_that_fails_leaves_its_whole_batch_in_the_queue(sqs: Any, mapping_of: MappingOf):
    def fail_once(event: Any) -> None:
        if event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
            raise RuntimeError("not this time")

    host = PlayedHost(fail_once)
    queue = make_fifo(sqs, VisibilityTimeout="1")
    send(sqs, queue, "a", group="one")
    send(sqs, queue, "b", group="two")

    mapping_of(host, queue)

    await_empty(sqs, queue)
    tries = [one["body"] for event in host.events for one in event["Records"]]
    assert sorted(tries) == ["a", "a", "b", "b"]


def test_the_visibility_that_a_function_chose_is_honoured(sqs: Any, mapping_of: MappingOf):
    """The queue's own timeout would outlast the test's patience."""
    seen: list[float] = []

    def come_back_in_a_second(event: Any) -> dict[str, Any]:
        seen.append(time.monotonic())
        if len(seen) > 1:
            return {}
        handle = event["Records"][0]["receiptHandle"]
        sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=1)
        return refuse(event, bad="a")

    host = PlayedHost(come_back_in_a_second)
    queue = make_fifo(sqs, VisibilityTimeout=str(10 * PATIENCE))
    send(sqs, queue, "a")

    mapping_of(host, queue)

    host.await_calls(2)
    await_empty(sqs, queue)
    assert seen[1] - seen[0] >= 1


def test_what_failed_too_often_ends_in_the_dead_letter_queue(sqs: Any, mapping_of: MappingOf):
    queue, dead = make_fifo_with_dead_letters(sqs, max_receive_count=2)
    host = PlayedHost(lambda event: refuse(event, bad="bad"))
    send(sqs, queue, "bad", "good")

    mapping_of(host, queue)

    (message,) = bodies(sqs, dead, 1)
    assert message["Body"] == "bad"
    tries = [one for event in host.events for one in event["Records"] if one["body"] == "bad"]
    assert len(tries) == 2


def test_a_poisoned_message_blocks_no_other_job_on_its_way_to_the_dead_letters(
    sqs: Any, mapping_of: MappingOf
):
    """Each time it fails, another job's message comes after it."""
    others = [f"job-{number}" for number in range(8, 12)]
    queue, dead = make_fifo_with_dead_letters(sqs, max_receive_count=len(others))
    late = iter(others)

    def fail_on_the_poison(event: Any) -> dict[str, Any]:
        refused = refuse(event, bad="poison")
        if refused["batchItemFailures"]:
            send(sqs, queue, "nudge", group=next(late))
        return refused

    host = PlayedHost(fail_on_the_poison)
    send(sqs, queue, "poison", group="job-7")

    mapping_of(host, queue)

    (message,) = bodies(sqs, dead, 1)
    assert message["Attributes"]["MessageGroupId"] == "job-7"
    await_empty(sqs, queue)
    order = [
        one["attributes"]["MessageGroupId"] for event in host.events for one in event["Records"]
    ]
    assert order.count("job-7") == len(others)
    assert [one for one in order if one != "job-7"] == others, "each was received once"
    last_failure = len(order) - 1 - order[::-1].index("job-7")
    assert order.index(others[0]) < last_failure, "others went on while it was tried again"


def test_as_many_batches_are_in_work_at_once_as_there_are_pollers(sqs: Any, mapping_of: MappingOf):
    together = threading.Barrier(2)
    met = threading.Event()

    def meet(event: Any) -> None:
        together.wait(PATIENCE)
        met.set()

    queue = make_fifo(sqs)
    send(sqs, queue, "a", group="one")
    send(sqs, queue, "b", group="two")

    mapping_of(PlayedHost(meet), queue, batch_size=1, pollers=2)

    assert met.wait(PATIENCE)
    together.abort()


def test_a_real_function_consumes_a_queue(
    sqs: Any, mapping_of: MappingOf, host_of: Callable[..., LambdaHost]
):
    host = host_of(function("refuses_bad_bodies", name="consumer"))
    queue, dead = make_fifo_with_dead_letters(sqs, max_receive_count=1)
    send(sqs, queue, "good", "bad", group="one")
    send(sqs, queue, "good", group="two")

    mapping_of(host, queue)

    assert [one["Body"] for one in bodies(sqs, dead, 1)] == ["bad"]
    await_empty(sqs, queue)


def _answered(payload: Any) -> Result:
    return Result(request_id="r", payload=payload)


BATCH = ["m1", "m2"]


@pytest.mark.parametrize(
    "payload", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}]
)
def test_an_answer_without_failures_means_that_all_succeeded(payload: Any):
    assert failed(_answered(payload), BATCH) == set()


def test_an_answer_names_what_failed():
    payload = {"batchItemFailures": [{"itemIdentifier": "m2"}]}

    assert failed(_answered(payload), BATCH) == {"m2"}


@pytest.mark.parametrize(
    "payload",
    [
        "ok",
        {"batchItemFailures": "m1"},
        {"batchItemFailures": ["m1"]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": ["m1"]}]},
        {"batchItemFailures": [{"messageId": "m1"}]},
        {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m3"}]},
    ],
)
def test_an_answer_that_makes_no_sense_fails_the_whole_batch(payload: Any):
    assert failed(_answered(payload), BATCH) == {"m1", "m2"}


def test_an_error_fails_the_whole_batch():
    result = Result(request_id="r", error=FunctionError(type="E", message="m"))

    assert failed(result, BATCH) == {"m1", "m2"}


@pytest.mark.parametrize("size", [0, 11])
def test_a_batch_size_that_a_fifo_queue_does_not_allow_is_refused(sqs: Any, size: int):
    with pytest.raises(ValueError, match="1 to 10 is allowed"):
        EventSourceMapping(PlayedHost(lambda event: None), "f", sqs, "url", batch_size=size)


class _StoppedHost:
    """A host that was stopped before what invokes it."""

    def __init__(self) -> None:
        self.calls = 0

    def invoke(self, name: str, event: Any, *, request_id: str | None = None) -> Result:
        self.calls += 1
        raise HostNotRunningError("the Lambda host is not running")


def test_a_host_that_stops_before_its_pollers_is_no_news(
    sqs: Any, mapping_of: MappingOf, caplog: pytest.LogCaptureFixture
):
    host, queue = _StoppedHost(), make_fifo(sqs, VisibilityTimeout="0")
    mapping_of(host, queue)
    send(sqs, queue, "a")
    until = time.monotonic() + PATIENCE
    while host.calls < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert host.calls >= 2, "it polls on"
    assert [one for one in caplog.records if one.name.startswith("local.")] == []
