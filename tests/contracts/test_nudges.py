"""The contract of `Nudges`: on simulated SQS, on moto and on ministack."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws
from msgspec import Struct

from cli.fleet.nudges import SqsNudges
from shared.ports import Nudges, Refused, Unavailable
from tests.judges.ministack import Ministack
from tests.simulated.agenda import Agenda
from tests.simulated.aws.fifo import Queue
from tests.simulated.aws.sqs import SQS

_NAMES = count(1)
ROUTES = ("scheduler", "reconciler")


class Queues(Struct):
    """The port, and the messages in a route's queue as (group, message)."""

    nudges: Nudges
    on: Callable[[str], list[tuple[str, dict[str, str]]]]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("sqs", region_name="us-east-1")
        yield client
        client.close()


@pytest.fixture
def of_ministack(ministack: Ministack) -> Any:
    return ministack.client("sqs")


@pytest.fixture(params=["sqs", "simulated", "ministack"])
def queues(request: pytest.FixtureRequest) -> Queues:
    if request.param == "simulated":
        simulated: Any = SQS(Agenda(Random(0)))
        made = {route: simulated.create(Queue(f"https://sqs.test/{route}")) for route in ROUTES}
        known = {route: queue.url for route, queue in made.items()}
        return Queues(SqsNudges(simulated, known), lambda route: _received(simulated, known[route]))
    client = request.getfixturevalue("of_ministack" if request.param == "ministack" else "aws")
    fifo, tag = {"FifoQueue": "true"}, next(_NAMES)
    urls = {
        route: client.create_queue(QueueName=f"{route}-{tag}.fifo", Attributes=fifo)["QueueUrl"]
        for route in ROUTES
    }
    return Queues(SqsNudges(client, urls), lambda route: _received(client, urls[route]))


def _received(client: Any, url: str) -> list[tuple[str, dict[str, str]]]:
    answer = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    return [
        (one["Attributes"]["MessageGroupId"], json.loads(one["Body"]))
        for one in answer.get("Messages", [])
    ]


def test_a_nudge_lies_on_its_routes_queue_only_in_the_streams_group(queues: Queues) -> None:
    queues.nudges.send("scheduler", "job-7", "by-hand-1")
    assert queues.on("scheduler") == [("job-7", {"stream": "job-7", "event": "by-hand-1"})]
    assert queues.on("reconciler") == []


def test_both_means_every_queue(queues: Queues) -> None:
    queues.nudges.send("both", "job-7", "by-hand-1")
    assert [len(queues.on(route)) for route in ROUTES] == [1, 1]


def test_a_repeated_deduplication_id_is_taken_once(queues: Queues) -> None:
    for _ in range(2):
        queues.nudges.send("scheduler", "job-7", "by-hand-1")
    queues.nudges.send("scheduler", "job-8", "by-hand-2")
    assert [group for group, _ in queues.on("scheduler")] == ["job-7", "job-8"]


def test_a_route_that_is_not_there_is_refused_with_those_that_are(queues: Queues) -> None:
    with pytest.raises(
        ValueError, match="no route 'janitor'; allowed: reconciler, scheduler, both"
    ):
        queues.nudges.send("janitor", "job-7", "by-hand-1")


@pytest.mark.parametrize("server", ["aws", "of_ministack"])
def test_a_queue_that_is_not_there_is_refused_by_its_name(
    server: str, request: pytest.FixtureRequest
) -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/gone.fifo"
    with pytest.raises(Refused, match=r"gone\.fifo"):
        SqsNudges(request.getfixturevalue(server), {"scheduler": url}).send(
            "scheduler", "job-7", "by-hand-1"
        )


def test_a_queue_that_can_not_be_reached_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    client = boto3.Session().client("sqs", region_name="us-east-1")
    with pytest.raises(Unavailable, match="credentials"):
        SqsNudges(client, {"scheduler": "https://127.0.0.1/q.fifo"}).send("scheduler", "job-7", "1")
