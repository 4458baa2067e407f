"""Asynchronous invocation: accepted at once, tried three times, kept when all fails."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.lambdas.host import HostNotRunningError, LambdaHost
from local.lambdas.sources.asynchronous import AsynchronousInvoker, to_queue
from tests.local.lambdas.support import PATIENCE, PlayedHost, bodies, function

InvokerOf = Callable[..., AsynchronousInvoker]


@pytest.fixture
def invoker_of() -> Iterator[InvokerOf]:
    started: list[AsynchronousInvoker] = []

    def start(host: Any, function: str = "ingest", **more: Any) -> AsynchronousInvoker:
        invoker = AsynchronousInvoker(host, function, **{"retry_delays": (0.0, 0.0), **more})
        invoker.start()
        started.append(invoker)
        return invoker

    yield start
    for invoker in started:
        invoker.stop()


def fail(event: Any) -> None:
    raise RuntimeError("never works")


def test_an_event_is_accepted_at_once_and_invoked_later(invoker_of: InvokerOf):
    may_go_on = threading.Event()
    host = PlayedHost(lambda event: may_go_on.wait(PATIENCE))
    invoker = invoker_of(host)

    invoker.send({"id": "e1"})

    assert host.await_calls(1) == [{"id": "e1"}]
    assert not invoker.settled(timeout=0)
    may_go_on.set()
    assert invoker.settled(PATIENCE)


def test_a_failed_event_is_tried_twice_more_under_one_request_id(invoker_of: InvokerOf):
    host = PlayedHost(fail)
    invoker = invoker_of(host)

    request_id = invoker.send({"id": "e1"})

    assert invoker.settled(PATIENCE)
    assert host.calls == [("ingest", {"id": "e1"}, request_id)] * 3


def test_an_event_that_succeeds_in_the_end_is_not_kept(invoker_of: InvokerOf):
    kept: list[Any] = []
    host = PlayedHost(lambda event: fail(event) if len(host.calls) < 3 else None)
    invoker = invoker_of(host, on_failure=kept.append)

    invoker.send({})

    assert invoker.settled(PATIENCE)
    assert (len(host.calls), kept) == (3, [])


def test_a_retry_waits_for_its_delay_and_holds_up_nobody(invoker_of: InvokerOf):
    host = PlayedHost(lambda event: fail(event) if event == "bad" else None)
    invoker = invoker_of(host, retry_delays=(600.0,), workers=1)

    invoker.send("bad")
    invoker.send("good")

    assert host.await_calls(2) == ["bad", "good"]
    assert not invoker.settled(timeout=0)


def test_the_record_of_a_given_up_event_says_what_happened(invoker_of: InvokerOf):
    kept: list[Any] = []
    invoker = invoker_of(PlayedHost(fail), on_failure=kept.append)

    request_id = invoker.send({"id": "e1"})

    assert invoker.settled(PATIENCE)
    (record,) = kept
    assert record["requestPayload"] == {"id": "e1"}
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:ingest:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["responsePayload"] == {
        "errorType": "RuntimeError",
        "errorMessage": "never works",
    }


def test_a_given_up_event_of_a_real_function_lands_in_the_queue(
    invoker_of: InvokerOf, host_of: Callable[..., LambdaHost], sqs: Any
):
    host = host_of(function("fails"))
    dead = sqs.create_queue(QueueName="failed-events")["QueueUrl"]
    invoker = invoker_of(host, "fails", on_failure=to_queue(sqs, dead))

    invoker.send({"what": "cake"})

    (message,) = bodies(sqs, dead, 1)
    record = json.loads(message["Body"])
    assert record["requestPayload"] == {"what": "cake"}
    assert record["responsePayload"]["errorType"] == "KeyError"
    assert host.invocations == {"fails": 3}


def test_a_destination_that_fails_costs_the_record_and_nothing_else(
    invoker_of: InvokerOf, caplog: pytest.LogCaptureFixture
):
    invoker = invoker_of(PlayedHost(fail), on_failure=fail)

    invoker.send({})
    invoker.send({})

    assert invoker.settled(PATIENCE)
    assert caplog.text.count("could not be kept") == 2


def test_what_still_waits_is_dropped_at_the_stop(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    host = PlayedHost(fail)
    invoker = AsynchronousInvoker(host, "ingest", retry_delays=(600.0,))
    invoker.start()
    invoker.send({})
    host.await_calls(1)

    invoker.stop()

    assert "1 waiting events dropped" in caplog.text


def test_a_host_that_does_not_run_costs_an_event_no_attempt(
    invoker_of: InvokerOf, caplog: pytest.LogCaptureFixture
):
    class Starting(PlayedHost):
        """A host that runs only from its second call on."""

        asked = 0

        def invoke(self, name: str, event: Any, *, request_id: str | None = None) -> Any:
            self.asked += 1
            if self.asked == 1:
                raise HostNotRunningError("the Lambda host is not running")
            return super().invoke(name, event, request_id=request_id)

    host = Starting(lambda event: None)
    invoker = invoker_of(host, retry_delays=())

    invoker.send({"id": "e1"})

    assert host.await_calls(1) == [{"id": "e1"}]
    assert invoker.settled(PATIENCE)
    assert "given up" not in caplog.text
