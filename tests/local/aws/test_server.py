"""The server starts empty, stops cleanly, and counts who called what."""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from local.aws import patches
from local.aws.patches import replacement
from local.aws.server import MotoServer


def test_each_call_is_counted_under_its_operation(
    moto_server: MotoServer, client: Callable[..., Any], name: str
) -> None:
    before = moto_server.calls.snapshot()
    client("sqs").list_queues()
    client("dynamodb").list_tables()
    client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=name, Key="a/b.env", Body=b"A=1")
    client("s3").get_object(Bucket=name, Key="a/b.env")["Body"].close()
    client("ec2").describe_vpcs()
    client("lambda").list_functions()
    assert moto_server.calls.snapshot() - before == {
        "sqs.ListQueues": 1,
        "dynamodb.ListTables": 1,
        "s3.CreateBucket": 1,
        "s3.PutObject": 1,
        "s3.GetObject": 1,
        "ec2.DescribeVpcs": 1,
        "lambda.ListFunctions": 1,
    }


def test_calls_are_told_apart_by_application_id(
    moto_server: MotoServer, client: Callable[..., Any]
) -> None:
    client("sqs", user_agent_appid="scheduler").list_queues()
    assert moto_server.calls.snapshot("scheduler") == {"sqs.ListQueues": 1}
    assert moto_server.calls.snapshot("reconciler") == {}
    assert "scheduler" in moto_server.calls.callers()


def test_a_service_that_signs_by_another_name_is_judged(
    moto_server: MotoServer, client: Callable[..., Any]
) -> None:
    before = moto_server.violations.all()
    with suppress(ClientError):  # moto has no quotas of Fargate
        client("service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode="L-3032A538")
    assert moto_server.violations.all() == before


def test_a_server_has_no_address_before_it_starts() -> None:
    with pytest.raises(RuntimeError, match="before it is started"):
        _ = MotoServer().url


def test_a_server_starts_once(moto_server: MotoServer) -> None:
    with pytest.raises(RuntimeError, match="running already"):
        moto_server.start()


def test_a_new_server_is_empty_and_a_stopped_one_is_gone(
    client: Callable[..., Any], name: str
) -> None:
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    assert name in client("dynamodb").list_tables()["TableNames"]
    server = MotoServer()
    with server:
        address = urlsplit(server.url)
        assert address.hostname == "127.0.0.1"
        assert client("dynamodb").list_tables()["TableNames"] == []
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=5)


def test_applying_the_patches_twice_changes_nothing_more() -> None:
    patches.apply()
    made = len(replacement._made)
    patches.apply()
    assert len(replacement._made) == made
