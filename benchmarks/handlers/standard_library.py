"""The least that a webhook function can do: check the signature, read the job, answer."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer 202 for a webhook with a good signature."""
    body = event["body"].encode()
    if event["isBase64Encoded"]:
        body = base64.b64decode(body)
    secret = os.environ["BENCH_SECRET"].encode()
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, event["headers"]["x-hub-signature-256"]):
        return {"statusCode": 401}
    job = json.loads(body)["workflow_job"]
    return {"statusCode": 202, "body": json.dumps({"job": job["id"]})}
