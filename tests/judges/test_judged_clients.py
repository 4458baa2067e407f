"""The calls of every client in a test are judged: stubbed, mocked, or with the error swallowed."""

from contextlib import suppress
from typing import Any

import boto3
import pytest
import urllib3
from botocore.stub import Stubber
from moto import mock_aws

from local.aws.judged import UNJUDGED
from local.aws.server import MotoServer
from local.aws.validation.clients import InvalidRequest, JudgedClients
from local.aws.validation.record import Violations
from local.description import runners_table
from tests.judges.requests_support import TABLE, put, sent
from tests.support.judged import Refusals, take


def _client(service: str) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def test_a_stubbed_client_is_judged() -> None:
    client = _client("sqs")
    with Stubber(client) as stub, Refusals(sent=False):
        stub.add_response("send_message", {})
        with pytest.raises(InvalidRequest, match="MessageDeduplicationId: is 'a b'"):
            client.send_message(**sent(MessageDeduplicationId="a b"))


def test_a_mocked_client_is_judged_by_the_table_that_it_made() -> None:
    with mock_aws(), Refusals(sent=False):
        client = _client("dynamodb")
        client.create_table(**runners_table(TABLE))
        client.put_item(**put(waiting={"S": "1"}))
        with pytest.raises(InvalidRequest, match="Type mismatch for Index Key waiting"):
            client.put_item(**put(waiting={"N": "1"}))


def test_a_violation_that_is_swallowed_is_remembered() -> None:
    client = _client("sqs")
    with suppress(AssertionError):
        client.send_message(**sent(MessageGroupId="job 7"))
    assert [one.operation for one in take()] == ["sqs.SendMessage"]


def test_the_judge_can_be_taken_away_again() -> None:
    one = JudgedClients(Violations())
    one.install()
    one.install()
    one.uninstall()
    with Refusals(sent=False), pytest.raises(InvalidRequest):
        _client("sqs").send_message(**sent(MessageGroupId="job 7"))


def test_a_request_that_can_not_be_judged_is_remembered(moto_server: MotoServer) -> None:
    with Refusals() as refusals:
        urllib3.request("PUT", moto_server.url, body=b"{}")
    assert [one.operation for one in refusals.found] == ["unsigned"]
    assert "unsigned" not in UNJUDGED
