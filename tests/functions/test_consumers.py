"""What the queue consumers make of messages."""

import json
from itertools import count
from math import ceil
from random import Random
from typing import Any
from uuid import UUID

import pytest
from aws_lambda_powertools import Logger, Metrics
from botocore.exceptions import EndpointConnectionError
from msgspec.structs import replace

from functions.reconciler import handler as reconciler
from functions.scheduler import handler as scheduler
from shared.domain.actions import Role
from shared.domain.unreadable import Unreadable
from shared.ports import Conflict, Unavailable
from shared.reporting import observe
from shared.wiring.message_handler import MessageHandler
from tests.support import stories
from tests.support.fleet import SimulatedFleet

_NUMBERS = count(1)


class Sqs:
    """The one call that a consumer makes to SQS; or none, when it is `down`."""

    def __init__(self, *, down: bool = False) -> None:
        self.visibility: dict[str, int] = {}
        self.down = down

    def change_message_visibility(self, **asked: Any) -> None:
        if self.down:
            raise EndpointConnectionError(endpoint_url="https://sqs")
        self.visibility[asked["ReceiptHandle"]] = asked["VisibilityTimeout"]


class Context:
    """An invocation that has two minutes."""

    function_name = "consumer"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:consumer"
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 120_000


def _consumer(fleet: SimulatedFleet, sqs: Sqs, role: Role = Role.SCHEDULER) -> MessageHandler:
    logger = Logger(service=f"test-{next(_NUMBERS)}")  # writes to this test's own output
    metrics = Metrics(namespace="Test", service="test")
    metrics.clear_metrics()
    driver = fleet.driver(role)
    object.__setattr__(driver, "on_event", observe(logger, metrics))
    return MessageHandler(
        driver=driver,
        sqs=sqs,
        queue_url="queue",
        clock=fleet.clock,
        logger=logger,
        metrics=metrics,
    )


def _with_first(batch: dict[str, Any], first: str) -> dict[str, Any]:
    """The batch, whose messages bring the first event of their streams."""
    for record in batch["Records"]:
        record["body"] = json.dumps({**json.loads(record["body"]), "first": first})
    return batch


def _batch(*streams: str, receives: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": json.dumps({"stream": stream, "event": f"nudge-{number}"}),
                "attributes": {
                    "MessageGroupId": stream,
                    "ApproximateReceiveCount": str(receives),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:scheduler.fifo",
                "awsRegion": "us-east-1",
            }
            for number, stream in enumerate(streams)
        ]
    }


def _failed(response: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in response["batchItemFailures"]]


@pytest.mark.parametrize(
    ("function", "role"), [(scheduler, Role.SCHEDULER), (reconciler, Role.RECONCILER)]
)
def test_a_batch_drives_each_stream_that_it_names(
    monkeypatch: pytest.MonkeyPatch, function: Any, role: Role
) -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    wired = _consumer(fleet, Sqs(), role)
    monkeypatch.setattr(function, "wired", lambda: wired)
    response = function.handler(_batch("job-1", "job-2"), Context())
    assert _failed(response) == []
    assert len(fleet.live()) == (2 if role is Role.SCHEDULER else 0)


def test_an_empty_batch_keeps_an_environment_and_drives_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = SimulatedFleet()
    fleet.queue(1)
    wired = _consumer(fleet, Sqs())
    monkeypatch.setattr(scheduler, "wired", lambda: wired)
    assert _failed(scheduler.handler(_batch(), Context())) == []
    assert not caplog.records
    assert not fleet.live()


def test_a_message_that_fails_comes_back_and_holds_up_no_other_job() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    read = fleet.log.read

    def fails(stream: str) -> Any:
        if stream == "job-3":
            raise KeyError("surprise")
        return read(stream)

    fleet.log.read = fails
    consumer = _consumer(fleet, Sqs())
    response = consumer.handle(_batch("job-1", "job-3", "job-3", "job-2"), Context())
    assert _failed(response) == ["m1", "m2"]
    assert len(fleet.live()) == 2


UNREADABLE = {
    "not JSON": "nonsense",
    "no object": "[]",
    "another shape": '{"stream": 7}',
    "no stream": '{"stream": "nonsense"}',
    "another spelling of a stream": '{"stream": "job-007"}',
    "an id beyond 64 bits": '{"stream": "job-99999999999999999999"}',
    "half a surrogate pair": '{"stream": "job-1", "event": "\ud800"}',
    "an endless nest": '{"more": ' + "[" * 100_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_message_that_nobody_can_read_is_dropped_named_and_counted(
    body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would hold up its group for as long as it is received, and a nudge holds nothing."""
    fleet = SimulatedFleet()
    fleet.queue(1)
    batch = _batch("job-1", "job-1")
    batch["Records"][0]["body"] = body
    consumer = _consumer(fleet, Sqs())
    assert _failed(consumer.handle(batch, Context())) == []
    assert len(fleet.live()) == 1, "the next message of its group is handled"
    assert consumer.metrics.metric_set["Unreadable"]["Value"] == [1.0]
    (error,) = (line for line in _logged(capsys) if line["level"] == "ERROR")
    assert error["key"] == "message m0"


def test_a_message_behind_one_that_failed_does_not_block_its_group() -> None:
    """In flight until the queue's visibility timeout, it would: its group is received in order."""
    fleet = SimulatedFleet()
    _raising(fleet, Unavailable("DynamoDB: down"))
    sqs = Sqs()
    answer = _consumer(fleet, sqs).handle(_batch("job-1", "job-1", receives=3), Context())
    assert _failed(answer) == ["m0", "m1"]
    assert sqs.visibility["r0"] >= 4
    assert sqs.visibility["r1"] == 0


def test_a_launch_that_must_wait_is_made_visible_when_it_is_time() -> None:
    fleet, sqs = SimulatedFleet(), Sqs()
    fleet.queue(1)

    def throttled(*_: Any) -> Any:
        raise Unavailable("GitHub: 429 rate limit", retry_after=90)

    fleet.registrations.mint = throttled
    response = _consumer(fleet, sqs).handle(_batch("job-1", receives=7), Context())
    assert _failed(response) == ["m0"]
    retry_at = fleet.history(1).state.runners[0].retry_at
    assert retry_at is not None
    assert sqs.visibility == {"r0": ceil((retry_at - fleet.clock.now()).total_seconds())}
    assert 90 <= sqs.visibility["r0"] <= 136, "as asked for, and up to half as long again"


# --- failures ------------------------------------------------------------------------------------


def _raising(fleet: SimulatedFleet, error: Exception) -> None:
    """Make every read of the log fail."""

    def fails(_: str) -> Any:
        raise error

    fleet.log.read = fails


FAILURES = {
    "the log is out of reach": (Unavailable("DynamoDB: ThrottlingException"), None),
    "contention": (Conflict("job-1 no longer ends at 3"), None),
    "what nobody expected": (KeyError("surprise"), "DriveFailed"),
    "an event that nobody can read": (Unreadable("job-1 event 3", "?", "job-1"), "Unreadable"),
}


@pytest.mark.parametrize(("error", "metric"), FAILURES.values(), ids=FAILURES)
def test_whatever_fails_comes_back_after_a_backoff_that_grows(
    error: Exception, metric: str | None
) -> None:
    waits = []
    for receives in range(1, 20):
        fleet, sqs = SimulatedFleet(), Sqs()
        _raising(fleet, error)
        consumer = _consumer(fleet, sqs)
        assert _failed(consumer.handle(_batch("job-1", receives=receives), Context())) == ["m0"]
        assert list(consumer.metrics.metric_set) == [metric] * (metric is not None)
        waits.append(sqs.visibility["r0"])
    for doublings, wait in enumerate(waits):
        longest = min(900, 2 * 2**doublings)
        assert longest / 2 <= wait <= longest
    assert min(waits[10:]) >= 450
    assert waits[-1] <= 900, "15 minutes"


def test_an_opened_circuit_is_an_error_in_the_log_and_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fleet = SimulatedFleet(replace(stories.POLICY, circuit_failures=1))
    fleet.queue(1)
    fleet.settle()
    fleet.exits("fleet-1-1", exit_code=1)
    consumer = _consumer(fleet, Sqs(), Role.RECONCILER)
    consumer.handle(_batch("job-1"), Context())
    assert consumer.metrics.metric_set["CircuitOpened"]["Value"] == [1.0]
    errors = [line for line in _logged(capsys) if line["level"] == "ERROR"]
    assert [(line["stream"], line["runner_id"]) for line in errors] == [("job-1", "fleet-1-1")]


def test_contention_is_counted_and_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    fleet = SimulatedFleet()
    _raising(fleet, Conflict("somebody was faster"))
    consumer = _consumer(fleet, Sqs())
    consumer.handle(_batch("job-1"), Context())
    assert "DriveFailed" not in consumer.metrics.metric_set
    lines = _logged(capsys)
    assert {line["level"] for line in lines} == {"INFO"}
    assert [line["reason"] for line in lines] == ["contention: somebody was faster"]


def test_what_nobody_expected_is_logged_as_an_error_with_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fleet = SimulatedFleet()
    _raising(fleet, KeyError("surprise"))
    _consumer(fleet, Sqs()).handle(_batch("job-1"), Context())
    (error,) = (line for line in _logged(capsys) if line["level"] == "ERROR")
    assert (error["stream"], error["exception_name"]) == ("job-1", "KeyError")


def test_jobs_that_failed_together_do_not_come_back_together() -> None:
    """An outage of a dependency fails all jobs at once: they must not all meet again."""
    fleet, sqs = SimulatedFleet(), Sqs()
    _raising(fleet, Unavailable("DynamoDB: down"))
    batch = _batch(*(f"job-{number}" for number in range(10)), receives=9)
    for number, record in enumerate(batch["Records"]):
        record["messageId"] = str(UUID(int=Random(number).getrandbits(128), version=4))
    _consumer(fleet, sqs).handle(batch, Context())
    waits = sqs.visibility.values()
    assert len(set(waits)) >= 9
    assert max(waits) - min(waits) > 128, "more than half of what is between 256 and 512 s"


def test_who_asks_for_a_longer_wait_gets_it_and_not_all_come_back_at_once() -> None:
    waits = set()
    for receives in range(1, 6):
        fleet, sqs = SimulatedFleet(), Sqs()
        _raising(fleet, Unavailable("busy", retry_after=300))
        _consumer(fleet, sqs).handle(_batch("job-1", receives=receives), Context())
        waits.add(sqs.visibility["r0"])
    assert all(300 <= wait <= 450 for wait in waits)
    assert len(waits) > 1


def test_an_effect_whose_service_is_down_comes_back_by_backoff_too() -> None:
    fleet, sqs = SimulatedFleet(), Sqs()
    fleet.queue(1)
    fleet.settle()
    fleet.exits("fleet-1-1", exit_code=1)

    def down(*_: Any) -> Any:
        raise Unavailable("GitHub: 503")

    fleet.registrations.delete = down
    consumer = _consumer(fleet, sqs, Role.RECONCILER)
    assert _failed(consumer.handle(_batch("job-1", receives=6), Context())) == ["m0"]
    assert 32 <= sqs.visibility["r0"] <= 64


@pytest.mark.parametrize("error", [error for error, _ in FAILURES.values()], ids=FAILURES)
def test_a_message_whose_visibility_can_not_be_changed_comes_back_all_the_same(
    error: Exception,
) -> None:
    fleet = SimulatedFleet()
    fleet.queue(2)
    read = fleet.log.read

    def fails(stream: str) -> Any:
        if stream == "job-1":
            raise error
        return read(stream)

    fleet.log.read = fails
    response = _consumer(fleet, Sqs(down=True)).handle(_batch("job-1", "job-2"), Context())
    assert _failed(response) == ["m0"]
    assert len(fleet.live()) == 1, "the batch's other message is done"


def test_no_wait_is_longer_than_sqs_allows() -> None:
    fleet, sqs = SimulatedFleet(), Sqs()
    _raising(fleet, Unavailable("GitHub asks to wait", retry_after=86_400))
    _consumer(fleet, sqs).handle(_batch("job-1"), Context())
    assert sqs.visibility == {"r0": 43_200}


# --- the function's time -------------------------------------------------------------------------


def _slow(fleet: SimulatedFleet, seconds: float) -> None:
    """Let each launch take so long."""
    launch = fleet.tasks.run

    def run(spec: Any) -> str:
        fleet.clock.advance(seconds)
        return launch(spec)

    fleet.tasks.run = run


def test_no_message_is_begun_in_the_second_half_of_the_functions_time() -> None:
    """Who is cut off in the middle of a launch records nothing of it."""
    fleet, sqs = SimulatedFleet(), Sqs()
    fleet.queue(1, 2, 3, 4)
    _slow(fleet, 35)
    response = _consumer(fleet, sqs).handle(_batch("job-1", "job-2", "job-3", "job-4"), Context())
    assert len(fleet.live()) == 2, "begun at 0 s and at 35 s, not at 70 s of 120 s"
    assert _failed(response) == ["m2", "m3"]
    assert sqs.visibility == {"r2": 0, "r3": 0}, "they come back at once"
    assert fleet.types(3) == ["JobQueued"]


def test_all_of_a_batch_is_begun_while_there_is_time() -> None:
    fleet, sqs = SimulatedFleet(), Sqs()
    jobs = range(1, 11)
    fleet.queue(*jobs)
    _slow(fleet, 6)
    response = _consumer(fleet, sqs).handle(_batch(*(f"job-{job}" for job in jobs)), Context())
    assert (_failed(response), len(fleet.live()), sqs.visibility) == ([], 10, {})


def test_the_time_that_is_left_counts_and_not_the_time_that_the_function_has_as_a_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 20_000)
    fleet, sqs = SimulatedFleet(), Sqs()
    fleet.queue(1, 2)
    _slow(fleet, 15)
    response = _consumer(fleet, sqs).handle(_batch("job-1", "job-2"), Context())
    assert (_failed(response), sqs.visibility) == (["m1"], {"r1": 0})


def _logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# --- the first event, which comes with its nudge -------------------------------------------------


class Reads:
    """Counts how often a fleet's stream is read."""

    def __init__(self, fleet: SimulatedFleet, stream: str) -> None:
        self.count = 0
        read = fleet.log.read

        def counted(one: str) -> Any:
            self.count += one == stream
            return read(one)

        fleet.log.read = counted


def _queued() -> tuple[SimulatedFleet, str]:
    fleet = SimulatedFleet()
    fleet.queue(7)
    (first,) = fleet.log.read("job-7")
    return fleet, str(first.text)


def test_a_stream_is_not_read_whose_first_event_comes_with_the_nudge() -> None:
    fleet, first = _queued()
    reads = Reads(fleet, "job-7")
    handle = _consumer(fleet, Sqs()).handle
    assert _failed(handle(_with_first(_batch("job-7"), first), Context())) == []
    assert reads.count == 0
    assert fleet.types(7)[-1] == "RunnerLaunched"


@pytest.mark.parametrize("receives", [1, 2], ids=["late", "received again"])
def test_a_stream_that_has_grown_since_is_read(receives: int) -> None:
    fleet, first = _queued()
    fleet.completes(7, None, "cancelled")
    handle = _consumer(fleet, Sqs()).handle
    assert _failed(handle(_with_first(_batch("job-7", receives=receives), first), Context())) == []
    assert "LaunchIntended" not in fleet.types(7)
    assert fleet.live() == []


@pytest.mark.parametrize("first", ["{", '{"id": "x"}', ""])
def test_a_first_event_that_can_not_be_read_is_read_from_the_log(first: str) -> None:
    fleet, _ = _queued()
    reads = Reads(fleet, "job-7")
    handle = _consumer(fleet, Sqs()).handle
    assert _failed(handle(_with_first(_batch("job-7"), first), Context())) == []
    assert reads.count == 1
    assert fleet.types(7)[-1] == "RunnerLaunched"
