"""The one contract of `Queues`, kept by those of SQS (mended moto, ministack) and in memory."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import boto3
import pytest
from botocore.config import Config

from local.memory.clock import ManualClock
from local.memory.queues import MemoryQueues
from shared.adapters.clock import SystemClock
from shared.adapters.cloudwatch import MessageAges
from shared.adapters.queues import SqsQueues
from shared.ports import FailedEvent, Queues, Refused, Unavailable
from shared.ports.queues import FAILED_EVENTS, dead_letters_of

CONSUMERS = ("scheduler", "reconciler")
EVENT = {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {}}
_NAMES = itertools.count(1)


class Bench(Protocol):
    """The port, and the other side's part."""

    queues: Queues

    def nudge(self, consumer: str, stream: str, event: str) -> None:
        """Put a nudge on the consumer's queue."""

    def bury(self, consumer: str, stream: str, event: str) -> None:
        """Put a nudge on it that its consumer fails on twice, which is once too often."""

    def fail(self, payload: Any) -> None:
        """Let ingest give up on that event."""

    def on(self, consumer: str) -> list[tuple[str, str]]:
        """Streams and events of what the consumer would receive now."""


class MemoryBench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.memory = MemoryQueues(self.clock, CONSUMERS)
        self.queues: Queues = self.memory

    def nudge(self, consumer: str, stream: str, event: str) -> None:
        self.memory.send(consumer, stream, event)

    def bury(self, consumer: str, stream: str, event: str) -> None:
        self.memory.send(dead_letters_of(consumer), stream, event, receives=2)

    def fail(self, payload: Any) -> None:
        self.memory.failed.append(
            FailedEvent(
                message_id="failed-1",
                sent_at=self.clock.now(),
                function="ingest",
                condition="RetriesExhausted",
                attempts=3,
                error="boom",
                payload=payload,
            )
        )

    def on(self, consumer: str) -> list[tuple[str, str]]:
        return [(one.stream, one.event or "") for one in self.memory.waiting[consumer]]


class SqsBench:
    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs
        self.urls: dict[str, str] = {}
        tag = f"bench-{next(_NAMES)}"
        for consumer in CONSUMERS:
            dead = self._make(dead_letters_of(consumer), f"{tag}-{consumer}-dead.fifo")
            arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
            policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 2}
            more = {"RedrivePolicy": json.dumps(policy)}
            self._make(consumer, f"{tag}-{consumer}.fifo", more)
        self._make(FAILED_EVENTS, f"{tag}-failed-events")
        self.queues: Queues = SqsQueues(sqs, self.urls, wait=0)

    def _make(self, name: str, full: str, more: dict[str, str] | None = None) -> str:
        fifo = {"FifoQueue": "true"} if full.endswith(".fifo") else {}
        made = self.sqs.create_queue(QueueName=full, Attributes={**fifo, **(more or {})})
        self.urls[name] = made["QueueUrl"]
        return self.urls[name]

    def nudge(self, consumer: str, stream: str, event: str) -> None:
        self.sqs.send_message(
            QueueUrl=self.urls[consumer],
            MessageBody=json.dumps({"stream": stream, "event": event}),
            MessageGroupId=stream,
            MessageDeduplicationId=event,
        )

    def bury(self, consumer: str, stream: str, event: str) -> None:
        self.nudge(consumer, stream, event)
        self.fail_twice(consumer)

    def fail_twice(self, consumer: str) -> None:
        """Receive the queue's one message, as a consumer that fails, until it is a dead letter."""
        url, dead = self.urls[consumer], dead_letters_of(consumer)
        before = self.queues.depth(dead).total
        for _ in range(2):
            (message,) = self.receive(url)
            handle = message["ReceiptHandle"]
            self.sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
            )
        for _ in range(100):  # it is visible, and then moved by a receive, a millisecond later
            assert self.receive(url, wait=0) == []
            if self.queues.depth(dead).total > before:
                return
        raise AssertionError("the message is not dead")

    def receive(self, url: str, wait: int = 1) -> list[Any]:
        answer = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait
        )
        return list(answer.get("Messages", []))

    def fail(self, payload: Any) -> None:
        record = {
            "requestContext": {
                "functionArn": "ingest",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": payload,
            "responsePayload": {"errorMessage": "boom", "errorType": "ValueError"},
        }
        self.sqs.send_message(QueueUrl=self.urls[FAILED_EVENTS], MessageBody=json.dumps(record))

    def on(self, consumer: str) -> list[tuple[str, str]]:
        bodies = [json.loads(one["Body"]) for one in self.receive(self.urls[consumer], wait=0)]
        return [(one["stream"], one["event"]) for one in bodies]


SERVERS = {"sqs": "moto_server", "ministack": "ministack"}
"""The fixture that serves, by the parameter of a test."""


@pytest.fixture(params=SERVERS)
def endpoint(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(SERVERS[request.param]).url)


@pytest.fixture
def sqs(endpoint: str) -> Iterator[Any]:
    made = _client("sqs", endpoint)
    yield made
    made.close()


def _client(service: str, endpoint: str) -> Any:
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(params=["memory", *SERVERS])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield MemoryBench()
        return
    made = _client("sqs", request.getfixturevalue(SERVERS[request.param]).url)
    yield SqsBench(made)
    made.close()


def seen(letters: Any) -> list[tuple[str, str | None]]:
    return [(one.stream, one.event) for one in letters]


def test_an_empty_queue_has_no_depth_and_no_age(bench: Bench) -> None:
    for name in (*CONSUMERS, *map(dead_letters_of, CONSUMERS), FAILED_EVENTS):
        depth = bench.queues.depth(name)
        assert (depth.total, depth.oldest_seconds) == (0, None)


def test_the_depth_counts_what_waits_on_that_queue_alone(bench: Bench) -> None:
    bench.nudge("scheduler", "job-7", "a")
    bench.nudge("scheduler", "job-8", "b")
    assert bench.queues.depth("scheduler").waiting == 2
    assert bench.queues.depth("reconciler").total == 0


def test_a_dead_letter_tells_its_stream_its_event_and_how_often_it_was_received(
    bench: Bench,
) -> None:
    bench.bury("scheduler", "job-7", "a")
    (letter,) = bench.queues.dead("scheduler", 10)
    assert (letter.stream, letter.event, letter.receives) == ("job-7", "a", 2)
    assert letter.message_id
    assert letter.sent_at.tzinfo is UTC
    assert letter.first_received_at is not None
    assert letter.first_received_at >= letter.sent_at
    assert bench.queues.dead("reconciler", 10) == []


def test_looking_takes_nothing_away_but_counts_as_a_receive(bench: Bench) -> None:
    bench.bury("scheduler", "job-7", "a")
    looks = [bench.queues.dead("scheduler", 10) for _ in range(2)]
    assert [[one.receives for one in letters] for letters in looks] == [[2], [3]]
    assert len({one.message_id for letters in looks for one in letters}) == 1
    assert bench.queues.depth(dead_letters_of("scheduler")).waiting == 1


def test_more_dead_letters_than_one_receive_gives_are_seen_up_to_the_limit(bench: Bench) -> None:
    for job in range(12):
        bench.bury("scheduler", f"job-{job}", f"event-{job}")
    assert len(bench.queues.dead("scheduler", 11)) == 11
    assert len(bench.queues.dead("scheduler", 100)) == 12
    assert bench.queues.depth(dead_letters_of("scheduler")).waiting == 12


def test_a_redriven_letter_lies_on_its_queue_again_and_is_dead_no_more(bench: Bench) -> None:
    bench.bury("scheduler", "job-7", "a")
    bench.bury("reconciler", "job-8", "b")
    assert seen(bench.queues.redrive("scheduler", 10)) == [("job-7", "a")]
    assert bench.on("scheduler") == [("job-7", "a")]
    assert bench.on("reconciler") == []
    assert bench.queues.dead("scheduler", 10) == []
    assert seen(bench.queues.dead("reconciler", 10)) == [("job-8", "b")]


def test_a_redrive_keeps_the_order_of_a_stream_and_stops_at_the_limit(bench: Bench) -> None:
    for event in ("a", "b", "c"):
        bench.bury("scheduler", "job-7", event)
    assert seen(bench.queues.redrive("scheduler", 2)) == [("job-7", "a"), ("job-7", "b")]
    assert bench.on("scheduler") == [("job-7", "a"), ("job-7", "b")]
    assert seen(bench.queues.dead("scheduler", 10)) == [("job-7", "c")]


def test_a_redrive_moves_no_letter_before_it_is_asked_for(bench: Bench) -> None:
    for job in (7, 8):
        bench.bury("scheduler", f"job-{job}", f"event-{job}")
    moving = bench.queues.redrive("scheduler", 10)
    next(moving)
    assert bench.on("scheduler") == [("job-7", "event-7")]


def test_a_failed_event_is_told_with_its_payload_and_stays(bench: Bench) -> None:
    bench.fail(EVENT)
    for _ in range(2):
        (event,) = bench.queues.failed_events(10)
        assert (event.function, event.condition, event.attempts, event.error) == (
            "ingest",
            "RetriesExhausted",
            3,
            "boom",
        )
        assert event.payload == EVENT
    assert bench.queues.depth(FAILED_EVENTS).waiting == 1


def test_a_name_that_is_not_there_is_refused_with_those_that_are(bench: Bench) -> None:
    with pytest.raises(ValueError, match="no queue 'janitor'; known: failed-events, reconciler, "):
        bench.queues.depth("janitor")


# --- what only SQS has ---------------------------------------------------------------------------


@pytest.fixture
def bench_of_sqs(sqs: Any) -> SqsBench:
    return SqsBench(sqs)


def test_a_message_in_work_is_counted_apart(bench_of_sqs: SqsBench) -> None:
    bench_of_sqs.nudge("scheduler", "job-7", "a")
    bench_of_sqs.receive(bench_of_sqs.urls["scheduler"])
    depth = bench_of_sqs.queues.depth("scheduler")
    assert (depth.waiting, depth.in_work, depth.total) == (0, 1, 1)


def test_a_letter_that_was_sent_but_not_deleted_is_at_most_a_second_nudge(
    bench_of_sqs: SqsBench,
) -> None:
    bench_of_sqs.bury("scheduler", "job-7", "a")
    dead = bench_of_sqs.urls[dead_letters_of("scheduler")]
    crash = _Crash(bench_of_sqs.sqs)
    with pytest.raises(_Crash.Error):
        list(SqsQueues(crash, bench_of_sqs.urls, wait=0).redrive("scheduler", 10))
    bench_of_sqs.sqs.change_message_visibility(
        QueueUrl=dead, ReceiptHandle=crash.handle, VisibilityTimeout=0
    )
    assert seen(bench_of_sqs.queues.redrive("scheduler", 10)) == [("job-7", "a")]
    assert bench_of_sqs.on("scheduler") == [("job-7", "a")] * 2
    assert bench_of_sqs.queues.dead("scheduler", 10) == []


class _Crash:
    """A client whose process dies when it would delete."""

    class Error(Exception):
        pass

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self.handle = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def delete_message(self, *, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803 - boto3's name
        self.handle = ReceiptHandle
        raise _Crash.Error


def test_a_letter_that_fails_again_can_be_redriven_again_at_once(bench_of_sqs: SqsBench) -> None:
    bench_of_sqs.bury("scheduler", "job-7", "a")
    for _ in range(2):
        assert len(list(bench_of_sqs.queues.redrive("scheduler", 10))) == 1
        bench_of_sqs.fail_twice("scheduler")


@pytest.mark.parametrize("body", ["not JSON", "[1]", '{"event": 3}'])
def test_a_letter_that_nobody_can_read_is_told_and_redriven_as_it_is(
    bench_of_sqs: SqsBench, body: str
) -> None:
    bench_of_sqs.sqs.send_message(
        QueueUrl=bench_of_sqs.urls[dead_letters_of("scheduler")],
        MessageBody=body,
        MessageGroupId="job-7",
        MessageDeduplicationId="a",
    )
    assert seen(bench_of_sqs.queues.dead("scheduler", 10)) == [("job-7", None)]
    list(bench_of_sqs.queues.redrive("scheduler", 10))
    (message,) = bench_of_sqs.receive(bench_of_sqs.urls["scheduler"])
    assert message["Body"] == body


@pytest.mark.parametrize("body", ["not JSON", "[1]", '{"requestContext": null}'])
def test_a_failed_event_that_is_no_invocation_record_is_still_counted(
    bench_of_sqs: SqsBench, body: str
) -> None:
    bench_of_sqs.sqs.send_message(QueueUrl=bench_of_sqs.urls[FAILED_EVENTS], MessageBody=body)
    (event,) = bench_of_sqs.queues.failed_events(10)
    assert (event.function, event.attempts, event.payload) == ("", 0, None)


def test_the_age_is_asked_for_by_the_queues_name_in_aws_and_only_if_it_holds_something(
    bench_of_sqs: SqsBench,
) -> None:
    asked: list[str] = []

    def age(name: str) -> float:
        asked.append(name)
        return 12.0

    queues = SqsQueues(bench_of_sqs.sqs, bench_of_sqs.urls, age=age, wait=0)
    bench_of_sqs.nudge("scheduler", "job-7", "a")
    assert queues.depth("scheduler").oldest_seconds == 12.0
    assert queues.depth("reconciler").oldest_seconds is None
    assert asked == [bench_of_sqs.urls["scheduler"].rpartition("/")[2]]


def test_a_queue_that_is_gone_is_refused_by_its_url(sqs: Any) -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/gone.fifo"
    queues = SqsQueues(sqs, {"scheduler": url, dead_letters_of("scheduler"): url}, wait=0)
    for call in (queues.depth, lambda name: queues.dead(name, 1)):
        with pytest.raises(Refused, match=r"gone\.fifo"):
            call("scheduler")


# --- ages, as CloudWatch has them ----------------------------------------------------------------


@pytest.fixture
def cloudwatch(endpoint: str) -> Iterator[Any]:
    made = _client("cloudwatch", endpoint)
    yield made
    made.close()


def _publish(cloudwatch: Any, queue: str, at: datetime, seconds: float) -> None:
    point = {
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
        "Timestamp": at,
        "Value": seconds,
    }
    cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=[point])


def test_the_newest_data_point_of_that_queue_is_its_age(cloudwatch: Any) -> None:
    now = SystemClock().now()
    _publish(cloudwatch, "aged.fifo", now - timedelta(minutes=5), 40)
    _publish(cloudwatch, "aged.fifo", now - timedelta(minutes=3), 12)
    _publish(cloudwatch, "other.fifo", now - timedelta(minutes=2), 99)
    assert MessageAges(lambda: cloudwatch, SystemClock()).oldest("aged.fifo") == 12


def test_without_a_data_point_of_late_the_age_is_unknown(cloudwatch: Any) -> None:
    _publish(cloudwatch, "stale.fifo", SystemClock().now() - timedelta(hours=1), 40)
    ages = MessageAges(lambda: cloudwatch, SystemClock())
    assert ages.oldest("stale.fifo") is None
    assert ages.oldest("never.fifo") is None


def test_a_cloudwatch_that_can_not_be_reached_is_unavailable() -> None:
    client = _client("cloudwatch", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="CloudWatch"):
        MessageAges(lambda: client, ManualClock()).oldest("scheduler.fifo")
    client.close()
