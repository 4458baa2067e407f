"""A minimal webhook function: it verifies the signature, reads the job and responds."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return 202 for a webhook with a valid signature."""
    body = event["body"].encode()
    if event["isBase64Encoded"]:
        body = base64.b64decode(body)
    secret = os.environ["BENCH_SECRET"].encode()
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, event["headers"]["x-hub-signature-256"]):
        return {"statusCode": 401}
    job = json.loads(body)["workflow_job"]
    return {"statusCode": 202, "body": json.dumps({"job": job["id"]})}
