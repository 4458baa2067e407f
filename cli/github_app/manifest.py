"""Builds the manifest of the fleet's GitHub App. Pure.

Sources: GitHub Docs, "Registering a GitHub App from a manifest", "GitHub App Manifest parameters";
"Registering a GitHub App" (at most 34 characters in a name, which is unique at GitHub).
"""

from collections.abc import Sequence
from typing import Any

from cli.github_app.permissions import EVENTS, Permission

HOMEPAGE = "https://github.com/ecs-runner-fleet/ecs-runner-fleet"
NOT_CONNECTED = "https://example.com/ecs-runner-fleet/not-connected"
"""URL of the webhook until `ecsrunner github connect` sets it. A webhook needs one, and GitHub has
no API to activate an inactive webhook. The host is reserved for documentation (RFC 2606). GitHub
sends it no job, because the App is installed after that."""
LONGEST_NAME = 34


def name_of(prefix: str, suffix: str) -> str:
    """Return a name for the App of the fleet `prefix`, which `suffix` makes unique."""
    end = f"-runners-{suffix}"
    return f"{prefix[: LONGEST_NAME - len(end)].rstrip('-')}{end}"


def manifest(
    *, name: str, webhook_url: str | None, redirect_url: str, permissions: Sequence[Permission]
) -> dict[str, Any]:
    """Return the manifest. Only the account that owns the App can install it.

    Args:
        webhook_url: Where GitHub sends webhooks; None if that is not known yet.
        redirect_url: Where GitHub sends the browser when the App exists.
    """
    return {
        "name": name,
        "url": HOMEPAGE,
        "description": "Self-hosted runners on ECS Fargate",
        "hook_attributes": {"url": webhook_url or NOT_CONNECTED, "active": True},
        "redirect_url": redirect_url,
        "public": False,
        "default_permissions": {one.name: one.level for one in permissions},
        "default_events": list(EVENTS),
    }
