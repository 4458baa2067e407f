"""AWS's Signature Version 4 for requests to the path `/` without a query.

Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

import msgspec

_ALGORITHM = "AWS4-HMAC-SHA256"
_TERMINATION = "aws4_request"


class Credentials(msgspec.Struct, frozen=True):
    """Keys of an IAM role. `token` is that of temporary keys."""

    key_id: str
    secret: str
    token: str = ""

    def __repr__(self) -> str:
        """Return the id of the key, which is no secret."""
        return f"Credentials({self.key_id})"


class Scope(msgspec.Struct, frozen=True):
    """What a signature is valid for, besides its day. `service` is AWS's signing name."""

    region: str
    service: str


def signed(
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    scope: Scope,
    at: datetime,
) -> dict[str, str]:
    """Return the headers with the date, the token and the signature.

    Args:
        headers: All headers that are signed, `host` among them, by their lower-case names.
        at: The time in UTC. AWS refuses a time that differs from its own by more than 5 minutes.
    """
    date = at.strftime("%Y%m%dT%H%M%SZ")
    sent = {**headers, "x-amz-date": date}
    if credentials.token:
        sent["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(sent))
    lines = [f"{name}:{' '.join(sent[name].split())}" for name in sorted(sent)]
    request = "\n".join([method, "/", "", *lines, "", names, sha256(body).hexdigest()])
    where = f"{date[:8]}/{scope.region}/{scope.service}/{_TERMINATION}"
    to_sign = "\n".join([_ALGORITHM, date, where, sha256(request.encode()).hexdigest()])
    signature = _hmac(_key(credentials.secret, where), to_sign).hex()
    sent["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.key_id}/{where}, SignedHeaders={names}, "
        f"Signature={signature}"
    )
    return sent


def _key(secret: str, where: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in where.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
