"""Verifies the signature of a webhook. Nothing here logs.

Source: GitHub Docs, "Validating webhook deliveries".
"""

import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "sha256="


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Return whether `signature` (the X-Hub-Signature-256 header) is that of the raw `body`.

    Every secret is tried, in constant time, so that the duration does not reveal which one matches.
    """
    given = signature.encode("utf-8", "replace")
    results = [hmac.compare_digest(_sign(body, secret), given) for secret in secrets if secret]
    return any(results)


def _sign(body: bytes, secret: str) -> bytes:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return f"{PREFIX}{digest}".encode()
