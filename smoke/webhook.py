"""Sends signed webhooks in GitHub's format."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import urllib3

SELF_HOSTED = "self-hosted"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The response. `status` is 0 if there was none; then `text` is the reason."""

    status: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Sends webhooks to one URL.

    Attributes:
        url: URL of the webhook.
        secret: Secret that signs the bodies.
        host: The `Host` header, if it differs from the URL.
    """

    url: str
    secret: str = field(repr=False)
    host: str | None = None
    http: Any = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30), repr=False
    )

    def send(self, event: str, payload: Mapping[str, Any], *, signed: bool = True) -> Answer:
        """Send an event and return the response.

        Source of the headers: GitHub Docs, "Webhook events and payloads", "Delivery headers".
        """
        body = json.dumps(payload).encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "ecs-runner-fleet-smoke",
            "x-github-event": event,
            "x-github-delivery": str(uuid4()),
        }
        if signed:
            digest = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
            headers["x-hub-signature-256"] = f"sha256={digest}"
        if self.host:
            headers["host"] = self.host
        try:
            answer = self.http.request("POST", self.url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            return Answer(status=0, text=str(error))
        return Answer(status=answer.status, text=answer.data.decode(errors="replace")[:500])


def job_payload(
    action: str, job_id: int, repository: str, created: datetime, conclusion: str | None = None
) -> dict[str, Any]:
    """Return the part of a `workflow_job` payload that the fleet reads.

    Source: GitHub Docs, "Webhook events and payloads", `workflow_job`.
    """
    job = {
        "id": job_id,
        "run_id": job_id,
        "run_attempt": 1,
        "name": "smoke",
        "workflow_name": "ecs-runner-fleet smoke test",
        "html_url": "",
        "status": "completed" if conclusion else action,
        "conclusion": conclusion,
        "labels": [SELF_HOSTED, f"run:smoke-{job_id}"],
        "created_at": _text(created),
        "completed_at": _text(datetime.now(UTC)) if conclusion else None,
        "runner_name": None,
    }
    details = {"full_name": repository, "private": True, "fork": False}
    return {"action": action, "workflow_job": job, "repository": details}


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
