"""A bucket that takes nothing without TLS can be used here, and denies what else it denies."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.patches import s3
from tests.local.aws.patched import fixed_by

_ONLY_BY_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::{bucket}/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_NO_READING = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::{bucket}/*",
}


def _bucket(aws: Any, name: str, *statements: dict[str, Any]) -> str:
    aws.create_bucket(Bucket=name)
    aws.put_object(Bucket=name, Key="fleet-7-1.env", Body=b"x")
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws.put_bucket_policy(Bucket=name, Policy=policy.replace("{bucket}", name))
    return name


@fixed_by(s3.take_requests_as_sent_by_tls)
@pytest.mark.usefixtures("without")
def test_a_bucket_that_asks_for_tls_is_read(client: Callable[..., Any], name: str) -> None:
    aws = client("s3")
    bucket = _bucket(aws, name, _ONLY_BY_TLS)
    assert aws.get_object(Bucket=bucket, Key="fleet-7-1.env")["Body"].read() == b"x"


def test_what_else_a_policy_denies_is_denied(client: Callable[..., Any], name: str) -> None:
    aws = client("s3")
    bucket = _bucket(aws, name, _ONLY_BY_TLS, _NO_READING)
    with pytest.raises(ClientError, match="403"):
        aws.get_object(Bucket=bucket, Key="fleet-7-1.env")
