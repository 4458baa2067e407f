"""Whether a webhook comes from who knows the secret. Nothing here logs.

Source: GitHub Docs, "Validating webhook deliveries".
"""

import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "sha256="


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether `signature` (the X-Hub-Signature-256 header) is that of the raw `body`.

    Every secret is tried, in constant time, so that an answer does not tell which one fits.
    """
    given = signature.encode("utf-8", "replace")
    results = [hmac.compare_digest(_sign(body, secret), given) for secret in secrets if secret]
    return any(results)


def _sign(body: bytes, secret: str) -> bytes:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return f"{PREFIX}{digest}".encode()
