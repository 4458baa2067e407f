"""The contract of `Queues`: on simulated SQS, on patched moto and on ministack."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config

from cli.fleet.message_ages import MessageAges
from shared.adapters.clock import SystemClock
from shared.adapters.queues import SqsQueues
from shared.ports import Queues, Refused, Unavailable
from shared.ports.queues import FAILED_EVENTS, dead_letters_of
from tests.simulated.aws.fifo import Queue
from tests.simulated.aws.sqs import SQS
from tests.support.clock import ManualClock

CONSUMERS = ("scheduler", "reconciler")
EVENT = {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {}}
_NAMES = itertools.count(1)


class Bench:
    """The port on SQS, and the actions of producers and consumers."""

    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs
        self.urls: dict[str, str] = {}
        tag = f"bench-{next(_NAMES)}"
        for consumer in CONSUMERS:
            dead = self.make(f"{tag}-{consumer}-dead.fifo")
            self.urls[dead_letters_of(consumer)] = dead
            self.urls[consumer] = self.make(f"{tag}-{consumer}.fifo", dead)
        self.urls[FAILED_EVENTS] = self.make(f"{tag}-failed-events")
        self.queues: Queues = SqsQueues(sqs, self.urls, wait=0)

    def make(self, name: str, dead: str = "") -> str:
        """Create a queue whose messages move to `dead` after two receives, and return its URL."""
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        if dead:
            told = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
            arn = told["Attributes"]["QueueArn"]
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 2}
            attributes["RedrivePolicy"] = json.dumps(policy)
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def nudge(self, consumer: str, stream: str, event: str) -> None:
        """Send a nudge to the consumer's queue."""
        self.sqs.send_message(
            QueueUrl=self.urls[consumer],
            MessageBody=json.dumps({"stream": stream, "event": event}),
            MessageGroupId=stream,
            MessageDeduplicationId=event,
        )

    def bury(self, consumer: str, stream: str, event: str) -> None:
        """Send a nudge on which the consumer fails twice, so that it becomes a dead letter."""
        self.nudge(consumer, stream, event)
        self.fail_twice(consumer)

    def fail_twice(self, consumer: str) -> None:
        """Receive the queue's only message without deleting it until it is a dead letter."""
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
        """Send Lambda's record that ingest failed on that event on all attempts."""
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
        """Return the streams and events of the messages that the consumer would receive now."""
        bodies = [json.loads(one["Body"]) for one in self.receive(self.urls[consumer], wait=0)]
        return [(one["stream"], one["event"]) for one in bodies]


class SimulatedBench(Bench):
    """A bench on simulated SQS."""

    def make(self, name: str, dead: str = "") -> str:
        """See `Bench.make`."""
        queue = Queue(f"https://sqs.test/{name}", fifo=name.endswith(".fifo"))
        if dead:
            queue.dead, queue.most_receives = self.sqs.queues[dead], 2
        return str(self.sqs.create(queue).url)


SERVERS = {"sqs": "moto_server", "ministack": "ministack"}
"""The name of the fixture by the test's parameter."""


@pytest.fixture(params=SERVERS)
def endpoint(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(SERVERS[request.param]).url)


@pytest.fixture(params=["simulated", *SERVERS])
def sqs(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "simulated":
        yield SQS(ManualClock())
        return
    made = _client("sqs", request.getfixturevalue(SERVERS[request.param]).url)
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


@pytest.fixture
def bench(sqs: Any) -> Bench:
    return SimulatedBench(sqs) if isinstance(sqs, SQS) else Bench(sqs)


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


def test_a_message_in_work_is_counted_apart(bench: Bench) -> None:
    bench.nudge("scheduler", "job-7", "a")
    bench.receive(bench.urls["scheduler"])
    depth = bench.queues.depth("scheduler")
    assert (depth.waiting, depth.in_work, depth.total) == (0, 1, 1)


def test_a_letter_that_was_sent_but_not_deleted_is_at_most_a_second_nudge(
    bench: Bench,
) -> None:
    bench.bury("scheduler", "job-7", "a")
    dead = bench.urls[dead_letters_of("scheduler")]
    crash = _Crash(bench.sqs)
    with pytest.raises(_Crash.Error):
        list(SqsQueues(crash, bench.urls, wait=0).redrive("scheduler", 10))
    bench.sqs.change_message_visibility(
        QueueUrl=dead, ReceiptHandle=crash.handle, VisibilityTimeout=0
    )
    assert seen(bench.queues.redrive("scheduler", 10)) == [("job-7", "a")]
    assert bench.on("scheduler") == [("job-7", "a")] * 2
    assert bench.queues.dead("scheduler", 10) == []


class _Crash:
    """A client whose process dies just before a delete."""

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


def test_a_letter_that_fails_again_can_be_redriven_again_at_once(bench: Bench) -> None:
    bench.bury("scheduler", "job-7", "a")
    for _ in range(2):
        assert len(list(bench.queues.redrive("scheduler", 10))) == 1
        bench.fail_twice("scheduler")


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[1]",
        '{"event": 3}',
        '{"event": "no id"}',
        '{"event": "' + "x" * 129 + '"}',
        '{"event": "\\ud800"}',
        '{"more": ' + "[" * 50_000,
    ],
)
def test_a_letter_that_nobody_can_read_is_told_and_redriven_as_it_is(
    bench: Bench, body: str
) -> None:
    bench.sqs.send_message(
        QueueUrl=bench.urls[dead_letters_of("scheduler")],
        MessageBody=body,
        MessageGroupId="job-7",
        MessageDeduplicationId="a",
    )
    assert seen(bench.queues.dead("scheduler", 10)) == [("job-7", None)]
    list(bench.queues.redrive("scheduler", 10))
    (message,) = bench.receive(bench.urls["scheduler"])
    assert message["Body"] == body


@pytest.mark.parametrize("body", ["not JSON", "[1]", '{"requestContext": null}'])
def test_a_failed_event_that_is_no_invocation_record_is_still_counted(
    bench: Bench, body: str
) -> None:
    bench.sqs.send_message(QueueUrl=bench.urls[FAILED_EVENTS], MessageBody=body)
    (event,) = bench.queues.failed_events(10)
    assert (event.function, event.attempts, event.payload) == ("", 0, None)


def test_the_age_is_asked_for_by_the_queues_name_in_aws_and_only_if_it_holds_something(
    bench: Bench,
) -> None:
    asked: list[str] = []

    def age(name: str) -> float:
        asked.append(name)
        return 12.0

    queues = SqsQueues(bench.sqs, bench.urls, age=age, wait=0)
    bench.nudge("scheduler", "job-7", "a")
    assert queues.depth("scheduler").oldest_seconds == 12.0
    assert queues.depth("reconciler").oldest_seconds is None
    assert asked == [bench.urls["scheduler"].rpartition("/")[2]]


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
