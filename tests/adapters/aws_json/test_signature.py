"""Signature Version 4: AWS's published vectors, and botocore's signer for any other request."""

from datetime import UTC, datetime, timedelta

import botocore.auth
import botocore.credentials
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.aws_json.signature import Credentials, Scope, signed

AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
EXAMPLE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = Scope("us-east-1", "service")
FORM = "application/x-www-form-urlencoded"
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSP"
    "fIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7"
    "WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8"
    "FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)

VECTORS = {
    "get-vanilla": (
        "GET",
        {},
        "",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "get-header-key-duplicate": (
        "GET",
        {"my-header1": "value2,value2,value1"},
        "",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    "get-header-value-order": (
        "GET",
        {"my-header1": "value4,value1,value3,value2"},
        "",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    ),
    "get-header-value-trim": (
        "GET",
        {"my-header1": "value1", "my-header2": '"a   b   c"'},
        "",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    "post-vanilla": (
        "POST",
        {},
        "",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "post-header-key-sort": (
        "POST",
        {"my-header1": "value1"},
        "",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-header-value-case": (
        "POST",
        {"my-header1": "VALUE1"},
        "",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    "post-x-www-form-urlencoded": (
        "POST",
        {"content-type": FORM},
        "Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    "post-x-www-form-urlencoded-parameters": (
        "POST",
        {"content-type": f"{FORM}; charset=utf8"},
        "Param1=value1",
        "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
    ),
}
"""Those of the Signature Version 4 test suite that have the path `/` and no query: method, headers
besides host and date, body, signature. Source: AWS's test suite `aws-sig-v4-test-suite`, as
smithy-typescript has it (Apache License 2.0)."""


def _signature(headers: dict[str, str]) -> str:
    return headers["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_vector(name: str) -> None:
    method, more, body, expected = VECTORS[name]
    headers = {"host": "example.amazonaws.com", **more}
    made = signed(method, headers, body.encode(), credentials=EXAMPLE, scope=SCOPE, at=AT)
    names = ";".join(sorted({*headers, "x-amz-date"}))
    assert made["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={names}, Signature={expected}"
    )
    assert made["x-amz-date"] == "20150830T123600Z"


def test_the_published_vector_with_a_token() -> None:
    credentials = Credentials(EXAMPLE.key_id, EXAMPLE.secret, TOKEN)
    headers = {"host": "example.amazonaws.com"}
    made = signed("POST", headers, b"", credentials=credentials, scope=SCOPE, at=AT)
    assert made["x-amz-security-token"] == TOKEN
    assert _signature(made) == "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"


_VISIBLE = st.characters(min_codepoint=33, max_codepoint=126)


@given(
    body=st.binary(max_size=200),
    target=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    credentials=st.builds(
        Credentials,
        key_id=st.just("AKID"),
        secret=st.text(_VISIBLE, min_size=1, max_size=40),
        token=st.text(_VISIBLE, max_size=40),
    ),
    scope=st.builds(Scope, st.sampled_from(["eu-central-1", "us-gov-west-1"]), st.just("ssm")),
    days=st.integers(0, 10_000),
)
def test_botocore_signs_alike(
    body: bytes, target: str, credentials: Credentials, scope: Scope, days: int
) -> None:
    at = AT + timedelta(days=days, seconds=days)
    headers = {"host": "ssm.example", "content-type": "x/y", "x-amz-target": target.strip()}
    made = signed("POST", headers, body, credentials=credentials, scope=scope, at=at)
    request = AWSRequest("POST", "https://ssm.example/", headers, body)
    keys = botocore.credentials.Credentials(
        credentials.key_id, credentials.secret, credentials.token or None
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda: at)
        botocore.auth.SigV4Auth(keys, scope.service, scope.region).add_auth(request)
    assert made["authorization"] == request.headers["Authorization"]


def test_no_secret_is_in_the_text_of_credentials() -> None:
    assert repr(Credentials("AKID", "hidden", "hidden too")) == "Credentials(AKID)"
