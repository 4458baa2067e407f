"""The notices that subscribers receive: on a simulated bus, on moto and on ministack."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from functions.outbox.notices import Bus
from local.aws.server import MotoServer
from shared.domain.notices import Notice
from tests.judges.ministack import Ministack
from tests.simulated.aws.events import Events

NOTICE = Notice(kind="Runner Failed", fleet="fleet", job_id=7, reason="no", runner_id="fleet-7-1")
Given = tuple[Bus, Callable[[], list[dict[str, Any]]]]


def _client(server: MotoServer | Ministack, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def _simulated() -> Given:
    client: Any = Events("fleet-notices")

    def got() -> list[dict[str, Any]]:
        return [
            {"detail-type": one["DetailType"], "job": json.loads(one["Detail"])["job_id"]}
            for one in client.entries["fleet-notices"]
            if one["Source"] == "ecs-runner-fleet"
        ]

    return Bus(lambda: client, "fleet-notices"), got


@pytest.fixture(params=["simulated", "bus", "ministack"])
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    """The port, and the notices that a subscriber received."""
    if request.param == "simulated":
        yield _simulated()
        return
    server = request.getfixturevalue("ministack" if request.param == "ministack" else "moto_server")
    events, sqs = _client(server, "events"), _client(server, "sqs")
    events.create_event_bus(Name="fleet-notices")
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": ["ecs-runner-fleet"], "detail-type": ["Runner Failed"]})
    events.put_rule(Name="failed", EventBusName="fleet-notices", EventPattern=pattern)
    target = {"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="failed", EventBusName="fleet-notices", Targets=[target])

    def got() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        told = [json.loads(one["Body"]) for one in messages]
        return [{"detail-type": one["detail-type"], "job": one["detail"]["job_id"]} for one in told]

    yield Bus(lambda: events, "fleet-notices"), got
    events.close()
    sqs.close()


def test_a_notice_reaches_who_subscribed_to_its_kind(given: Given) -> None:
    bus, got = given
    assert list(bus.publish([NOTICE])) == []
    assert got() == [{"detail-type": "Runner Failed", "job": 7}]
