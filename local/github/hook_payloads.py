"""Builds what GitHub sends about a webhook itself: its pings, its settings, its deliveries."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from local.github.deliveries import Delivery
from local.github.payloads import API, context, text


def app_ping(hook_id: int, app_id: int, url: str, events: list[str]) -> dict[str, Any]:
    """Return the payload of the `ping` webhook of a new App's hook."""
    return {
        "zen": "Keep it logically awesome.",
        "hook_id": hook_id,
        "hook": {
            "type": "App",
            "id": hook_id,
            "name": "web",
            "active": True,
            "events": events,
            "config": hook_config(url),
            "updated_at": text(datetime.now(UTC)),
            "created_at": text(datetime.now(UTC)),
            "app_id": app_id,
            "deliveries_url": f"{API}/app/hook/deliveries",
        },
    }


def ping(hook_id: int, url: str, repository: str, events: list[str]) -> dict[str, Any]:
    """Return the payload of the `ping` webhook of a repository's new hook."""
    path = f"{API}/repos/{repository}/hooks/{hook_id}"
    return {
        "zen": "Keep it logically awesome.",
        "hook_id": hook_id,
        "hook": hook(hook_id, url, events, path),
        **context(repository),
    }


def hook(
    hook_id: int,
    url: str,
    events: Sequence[str] = ("workflow_job",),
    path: str = f"{API}/repos/octo/repo/hooks/1",
) -> dict[str, Any]:
    """Return a repository's hook in the format of the REST API. `path` is its own URL."""
    return {
        "type": "Repository",
        "id": hook_id,
        "name": "web",
        "active": True,
        "events": list(events),
        "config": hook_config(url),
        "updated_at": text(datetime.now(UTC)),
        "created_at": text(datetime.now(UTC)),
        "url": path,
        "ping_url": f"{path}/pings",
        "deliveries_url": f"{path}/deliveries",
        "test_url": f"{path}/test",
        "last_response": {"code": None, "status": "unused", "message": None},
    }


def hook_config(url: str) -> dict[str, str]:
    """Return the configuration of a hook."""
    return {"content_type": "json", "insecure_ssl": "0", "url": url}


def delivery(one: Delivery) -> dict[str, Any]:
    """Return a delivery in the format of the list of deliveries."""
    payload = json.loads(one.payload)
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": text(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": round(one.duration, 2),
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": payload.get("installation", {}).get("id"),
        "repository_id": payload.get("repository", {}).get("id"),
        "throttled_at": None,
    }


def whole_delivery(one: Delivery, url: str) -> dict[str, Any]:
    """Return a delivery with the request to `url` and the response."""
    answer = one.answer.decode(errors="replace")
    return delivery(one) | {
        "url": url,
        "request": {"headers": one.headers, "payload": json.loads(one.payload)},
        "response": {"headers": {}, "payload": answer},
    }
