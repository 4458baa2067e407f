"""The AWS clients: their region, their creation (once each), and their timeouts."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import HTTPClientError, ReadTimeoutError
from botocore.retries.standard import ExponentialBackoff, RetryContext

from functions.janitor.handler import RESERVE
from functions.janitor.sweep import BUDGET
from shared.adapters import clients
from shared.adapters.github_api import TRIES, connections
from shared.adapters.patience import BACKOFF, LONG, SHORT, Patience
from shared.wiring.message_handler import TIME_TO_BEGIN

NAMES = (
    "codebuild",
    "dynamodb",
    "ecr",
    "ecs",
    "events",
    "s3",
    "sqs",
    "ssm",
)


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    _forget()
    yield
    for name in NAMES:
        if getattr(clients, name).cache_info().currsize:
            getattr(clients, name)().close()
    _forget()


def _forget() -> None:
    for made in (clients._session, *(getattr(clients, name) for name in NAMES)):
        made.cache_clear()


@pytest.mark.parametrize(
    ("told", "region"),
    [
        ({"AWS_REGION": "eu-central-1"}, "eu-central-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-central-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
    ],
    ids=["AWS_REGION", "AWS_DEFAULT_REGION", "both", "an empty one"],
)
def test_the_region_is_what_awss_other_tools_take_it_to_be(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], region: str
) -> None:
    for variable, value in told.items():
        monkeypatch.setenv(variable, value)
    assert clients.sqs().meta.region_name == region


@pytest.mark.parametrize("name", NAMES)
def test_a_client_is_made_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    made = getattr(clients, name)
    assert made() is made()


# --- calls that are never answered ---------------------------------------------------------------

GITHUB_WAITS = 10
"""Seconds. Source: GitHub Docs, "Best practices for using webhooks": respond within 10 seconds."""
CONSUMERS_TIME = JANITORS_TIME = 120
"""The functions' timeouts in seconds."""
CALLS: dict[str, Callable[[Any], object]] = {
    "dynamodb": lambda client: client.get_item(TableName="runners", Key={"runner_id": {"S": "x"}}),
    "ssm": lambda client: client.get_parameters(Names=["/secret"]),
    "sqs": lambda client: client.change_message_visibility(
        QueueUrl="https://sqs.us-east-1.amazonaws.com/1/q", ReceiptHandle="r", VisibilityTimeout=1
    ),
    "events": lambda client: client.put_events(
        Entries=[{"Source": "fleet", "DetailType": "told", "Detail": "{}"}]
    ),
    "ecs": lambda client: client.run_task(cluster="fleet", taskDefinition="runner"),
    "codebuild": lambda client: client.start_build(projectName="images"),
    "ecr": lambda client: client.describe_images(repositoryName="images"),
    "s3": lambda client: client.head_object(Bucket="configs", Key="runner.env"),
}


class Silent:
    """A server on loopback that accepts connections and never responds; `accepted` counts them."""

    def __init__(self) -> None:
        self.accepted: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self.accepted.append(self._listening.accept()[0])

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for one in self.accepted:
            one.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    server = Silent()
    yield server
    server.close()


@pytest.mark.parametrize("service", CALLS)
def test_a_call_that_is_never_answered_fails_when_its_patience_says(
    silent: Silent, service: str
) -> None:
    patience = Patience(connect=0.2, read=0.1)
    client: Any = boto3.Session().client(
        service,
        endpoint_url=silent.url,
        region_name="us-east-1",
        aws_access_key_id="k",
        aws_secret_access_key="s",
        config=clients.config(patience),
    )
    begun = time.monotonic()
    with pytest.raises((ReadTimeoutError, HTTPClientError)):
        CALLS[service](client)
    took = time.monotonic() - begun
    client.close()
    assert len(silent.accepted) == patience.attempts == 2
    assert took >= patience.attempts * patience.read
    assert took <= patience.longest + 1, "with a second for a busy machine"


def test_botocore_waits_no_longer_between_attempts_than_is_reckoned_with() -> None:
    backoff = ExponentialBackoff(random=lambda: 1.0)
    for error in (None, {"Code": "ThrottlingException"}):
        context = RetryContext(
            attempt_number=1, parsed_response={"Error": error} if error else None
        )
        assert backoff.delay_amount(context) <= BACKOFF


@pytest.mark.parametrize("name", NAMES)
def test_every_client_has_one_of_the_two_patiences(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    told = getattr(clients, name)().meta.config
    attempts = told.retries["total_max_attempts"]
    patience = Patience(told.connect_timeout, told.read_timeout, attempts)
    assert patience == (SHORT if name in ("dynamodb", "ssm", "sqs", "events") else LONG)
    assert told.retries["mode"] == "standard"


def test_one_hung_call_leaves_ingest_time_to_answer_github() -> None:
    assert SHORT.longest == 2 * (1 + 2.5) + 1
    assert GITHUB_WAITS - SHORT.longest >= 2, "for the cold start and the calls that are answered"


def test_one_hung_call_leaves_a_consumer_time_to_record_what_happened() -> None:
    left = CONSUMERS_TIME * (1 - TIME_TO_BEGIN)
    timeout = connections().connection_pool_kw["timeout"]
    at_github = TRIES * (timeout.connect_timeout + timeout.read_timeout) + (TRIES - 1) * 1
    assert LONG.longest == 2 * (2 + 8) + 1
    for hung in (LONG.longest, at_github):
        assert hung + SHORT.longest < left, "even if recording it hangs once, too"


def test_one_hung_call_leaves_the_janitor_time_to_report() -> None:
    assert BUDGET + LONG.longest + SHORT.longest < JANITORS_TIME - RESERVE
