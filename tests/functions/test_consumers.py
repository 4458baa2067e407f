"""What the queue consumers make of messages."""

import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from functions.reconciler import handler as reconciler
from functions.scheduler import handler as scheduler
from shared.domain.actions import Role
from shared.ports import Unavailable
from shared.wiring.consumer import Consumer, observe
from tests.support.fleet import MemoryFleet


class Sqs:
    """The one call that a consumer makes to SQS."""

    def __init__(self) -> None:
        self.visibility: dict[str, int] = {}

    def change_message_visibility(self, **asked: Any) -> None:
        self.visibility[asked["ReceiptHandle"]] = asked["VisibilityTimeout"]


class Context:
    function_name = "consumer"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:consumer"
    aws_request_id = "request-1"


def _consumer(fleet: MemoryFleet, sqs: Sqs, role: Role) -> Consumer:
    logger, metrics = Logger(service="test"), Metrics(namespace="Test", service="test")
    driver = fleet.driver(role)
    object.__setattr__(driver, "on_event", observe(logger, metrics))
    return Consumer(
        driver=driver,
        sqs=sqs,
        queue_url="queue",
        clock=fleet.clock,
        logger=logger,
        metrics=metrics,
    )


def _batch(*streams: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": json.dumps({"stream": stream, "event": f"nudge-{number}"}),
                "attributes": {"MessageGroupId": stream},
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
    fleet = MemoryFleet()
    fleet.queue(1, 2)
    wired = _consumer(fleet, Sqs(), role)
    monkeypatch.setattr(function, "wired", lambda: wired)
    response = function.handler(_batch("job-1", "job-2"), Context())
    assert _failed(response) == []
    assert len(fleet.tasks.live()) == (2 if role is Role.SCHEDULER else 0)


def test_a_message_that_fails_comes_back_and_holds_up_no_other_job() -> None:
    fleet = MemoryFleet()
    fleet.queue(1, 2)
    consumer = _consumer(fleet, Sqs(), Role.SCHEDULER)
    response = consumer.handle(_batch("job-1", "nonsense", "nonsense", "job-2"), Context())
    assert _failed(response) == ["m1", "m2"]
    assert len(fleet.tasks.live()) == 2


def test_a_launch_that_must_wait_is_made_visible_when_it_is_time() -> None:
    fleet, sqs = MemoryFleet(), Sqs()
    fleet.queue(1)

    def throttled(*_: Any) -> Any:
        raise Unavailable("GitHub: 429 rate limit", retry_after=90)

    fleet.registrations.mint = throttled
    response = _consumer(fleet, sqs, Role.SCHEDULER).handle(_batch("job-1"), Context())
    assert _failed(response) == ["m0"]
    assert sqs.visibility == {"r0": 90}
