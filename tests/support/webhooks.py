"""Webhooks in API Gateway's format, and GitHub's example payloads."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parents[1] / "data" / "github" / "webhooks"
SECRET = "it is a secret to everybody"


def payload(name: str) -> bytes:
    """Return one of GitHub's example payloads, unchanged."""
    return (PAYLOADS / f"{name}.json").read_bytes()


def job_payload(
    action: str,
    job_id: int = 7,
    *,
    labels: tuple[str, ...] = ("self-hosted",),
    runner: str | None = None,
    repository: str = "octo/repo",
    **job: Any,
) -> dict[str, Any]:
    """Return a `workflow_job` payload in the format of GitHub's example, for another job."""
    shape = json.loads(payload("workflow_job.queued.12877621891"))
    shape["action"] = action
    shape["workflow_job"] |= {"id": job_id, "labels": list(labels), "runner_name": runner, **job}
    shape["repository"] |= {"full_name": repository, "private": True}
    return shape


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def request(
    body: bytes,
    event: str = "workflow_job",
    *,
    guid: str = "guid-1",
    signature: str | None = None,
    encoded: bool = False,
    method: str = "POST",
    path: str = "/webhook",
) -> dict[str, Any]:
    """Return an HTTP API event of payload format 2.0."""
    text = base64.b64encode(body).decode() if encoded else body.decode("utf-8", "surrogateescape")
    headers = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": guid,
        "x-hub-signature-256": sign(body) if signature is None else signature,
    }
    return {
        "version": "2.0",
        "routeKey": "POST /webhook",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name: value for name, value in headers.items() if value},
        "requestContext": {"http": {"method": method, "path": path}, "requestId": "r-1"},
        "body": text,
        "isBase64Encoded": encoded,
    }
