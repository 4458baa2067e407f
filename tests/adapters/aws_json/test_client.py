"""The client of a JSON API: what it sends, what it repeats, and the errors it raises."""

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.loaders import create_loader
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from shared.adapters.aws_errors import DYNAMODB, translated
from shared.adapters.aws_json import dynamodb
from shared.adapters.aws_json.client import (
    THROTTLED,
    TRANSIENT,
    JsonClient,
    NoRegionError,
    client,
    endpoint,
)
from shared.adapters.aws_json.connection import Answer
from shared.adapters.aws_json.dynamodb import JsonDynamoDB
from shared.adapters.aws_json.errors import AnsweredError, NoAnswerError
from shared.adapters.aws_json.signature import Credentials, Scope
from shared.adapters.patience import BACKOFF, SHORT
from shared.domain.stream import StreamId
from shared.ports import Conflict, Unavailable
from tests.support.recording import StoppedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LAMBDA = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "hidden",
    "AWS_SESSION_TOKEN": "hidden-too",
    "AWS_SDK_UA_APP_ID": "ingest",
}


class Scripted:
    """A connection that gives these answers in turn, and raises those that are errors."""

    host = "dynamodb.example"

    def __init__(self, *answers: Answer | NoAnswerError) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[Mapping[str, str], dict[str, Any]]] = []

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        assert (method, target) == ("POST", "/")
        self.sent.append((headers, json.loads(body)))
        answer = self.answers.pop(0)
        if isinstance(answer, NoAnswerError):
            raise answer
        return answer


def _made(*answers: Answer | NoAnswerError) -> tuple[JsonClient, Scripted, list[float]]:
    connection: Any = Scripted(*answers)
    pauses: list[float] = []
    made = JsonClient(
        api=dynamodb.API,
        scope=Scope("eu-central-1", "dynamodb"),
        connection=connection,
        credentials=lambda: Credentials("AKID", "hidden", "hidden-too"),
        clock=StoppedClock(NOW),
        pause=pauses.append,
        jitter=lambda: 0.5,
    )
    return made, connection, pauses


def _ok(fields: Any = None) -> Answer:
    return Answer(200, json.dumps(fields or {}).encode())


def _error(code: str, status: int = 400, **more: Any) -> Answer:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return Answer(status, json.dumps({"__type": kind, "message": "words", **more}).encode())


def test_a_request_is_signed_json_for_its_operation() -> None:
    made, connection, _ = _made(_ok({"Items": []}))
    assert made.call("Query", {"TableName": "ä"}) == {"Items": []}
    ((headers, request),) = connection.sent
    assert request == {"TableName": "ä"}
    assert headers["x-amz-target"] == "DynamoDB_20120810.Query"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["x-amz-date"] == "20260301T000000Z"
    assert headers["x-amz-security-token"] == "hidden-too"
    signed = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
    assert f"SignedHeaders={signed}, Signature=" in headers["authorization"]


@pytest.mark.parametrize(
    "failure",
    [
        NoAnswerError("reset"),
        _error("ThrottlingException"),
        _error("InternalServerError", 500),
        Answer(502, b"<html>"),
        Answer(200, b"<html>"),
        Answer(200, b"{}", crc32=1),
    ],
    ids=["no answer", "throttled", "server fault", "no JSON", "200 without JSON", "checksum"],
)
def test_a_failure_that_may_pass_is_repeated_once_after_a_random_delay(
    failure: Answer | NoAnswerError,
) -> None:
    made, connection, pauses = _made(failure, _ok({"Items": [1]}))
    assert made.call("Query", {}) == {"Items": [1]}
    assert pauses == [0.5 * BACKOFF]
    assert SHORT.attempts == len(connection.sent) == 2


@pytest.mark.parametrize("failure", [NoAnswerError("reset"), _error("ThrottlingException")])
def test_the_last_failure_is_raised(failure: Answer | NoAnswerError) -> None:
    made, _, pauses = _made(failure, failure)
    with pytest.raises((NoAnswerError, AnsweredError), match=r"reset|words"):
        made.call("Query", {})
    assert len(pauses) == 1


def test_a_refusal_is_not_repeated_and_has_aws_words() -> None:
    made, connection, pauses = _made(_error("ValidationException"))
    with pytest.raises(AnsweredError) as refused:
        made.call("Query", {})
    expected = "An error occurred (ValidationException) when calling the Query operation: words"
    assert str(refused.value) == expected
    assert (len(connection.sent), pauses) == (1, [])


def test_a_stream_id_is_sent_as_its_text_and_what_is_no_json_is_refused() -> None:
    made, connection, _ = _made(_ok())
    made.call("Query", {"S": StreamId("job-7")})
    assert connection.sent[0][1] == {"S": "job-7"}
    with pytest.raises(TypeError, match="object has no form in the JSON of AWS"):
        made.call("Query", {"S": object()})


def test_an_answer_with_its_checksum_is_read() -> None:
    body = b'{"Items":[]}'
    made, _, _ = _made(Answer(200, body, crc32=zlib.crc32(body)))
    assert made.call("Query", {}) == {"Items": []}


def test_a_repeated_transaction_has_the_same_token_and_another_one_another() -> None:
    made, connection, _ = _made(NoAnswerError("reset"), _ok(), _ok())
    client = JsonDynamoDB(made)
    client.transact_write_items(TransactItems=[])
    client.transact_write_items(TransactItems=[])
    tokens = [request["ClientRequestToken"] for _, request in connection.sent]
    assert tokens[0] == tokens[1] != tokens[2]


def test_all_pages_of_a_query_are_read() -> None:
    made, connection, _ = _made(_ok({"Items": [1], "LastEvaluatedKey": {"k": 1}}), _ok())
    pages = JsonDynamoDB(made).get_paginator("query").paginate(TableName="t")
    assert list(pages) == [{"Items": [1], "LastEvaluatedKey": {"k": 1}}, {}]
    assert [request.get("ExclusiveStartKey") for _, request in connection.sent] == [None, {"k": 1}]


def test_a_cancelled_transaction_says_why() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "so it is"}]
    made, _, _ = _made(_error("TransactionCanceledException", CancellationReasons=reasons))
    with pytest.raises(Conflict, match="ConditionalCheckFailed"), translated(DYNAMODB):
        JsonDynamoDB(made).transact_write_items(TransactItems=[])


def test_no_answer_is_unavailable() -> None:
    made, _, _ = _made(NoAnswerError("reset"), NoAnswerError("timed out"))
    with pytest.raises(Unavailable, match="DynamoDB: timed out"), translated(DYNAMODB):
        made.call("Query", {})


def test_what_is_repeated_is_what_botocore_repeats() -> None:
    throttled = set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
    assert throttled | set(TransientRetryableChecker._TRANSIENT_ERROR_CODES) == THROTTLED
    assert set(TransientRetryableChecker._TRANSIENT_STATUS_CODES) == TRANSIENT


def test_each_region_has_the_domain_that_botocore_knows() -> None:
    partitions = create_loader().load_data("partitions")["partitions"]
    domains = {
        region: one["outputs"]["dnsSuffix"]
        for one in partitions
        for region in one["regions"]
        if not region.endswith("-global")
    }
    assert len(domains) > 40
    assert {region: endpoint("ssm", {"AWS_REGION": region}) for region in domains} == {
        region: f"https://ssm.{region}.{domain}" for region, domain in domains.items()
    }


def test_the_environment_names_other_endpoints() -> None:
    told = {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_SSM": "http://ssm"}
    assert endpoint("ssm", told) == "http://ssm"
    assert endpoint("dynamodb", told) == "http://all"


def test_a_client_is_made_of_lambdas_environment() -> None:
    made = client(dynamodb.API, LAMBDA)
    assert made.connection.host == "dynamodb.eu-central-1.amazonaws.com"
    assert made.credentials() == Credentials("AKID", "hidden", "hidden-too")
    assert made.agent == "ecs-runner-fleet app/ingest"
    assert made.scope == Scope("eu-central-1", "dynamodb")


def test_without_a_region_there_is_no_client() -> None:
    with pytest.raises(NoRegionError, match="AWS_REGION is not set"):
        client(dynamodb.API, {**LAMBDA, "AWS_REGION": ""})
