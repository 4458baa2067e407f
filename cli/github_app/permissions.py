"""The permissions and events of the fleet's GitHub App: the one list of them.

The manifest, the questions of `ecsrunner github create-app` and docs/install.md follow it.
"""

from msgspec import Struct
from msgspec.structs import replace

REPOSITORY, ORGANIZATION = "repository", "organization"
"""Where runners are registered."""

EVENTS = ("workflow_job",)


class Permission(Struct, frozen=True):
    """A permission of a GitHub App.

    Attributes:
        name: Its name in a manifest.
        level: `read`, or `write`, which includes `read`.
        title: What GitHub's pages call it.
        purpose: What the fleet uses it for.
        is_default: Whether a fleet with the default inputs uses it.
    """

    name: str
    level: str
    title: str
    purpose: str
    is_default: bool = True

    @property
    def access(self) -> str:
        """Return the level as GitHub's pages call it."""
        return "read and write" if self.level == "write" else "read"


RUNNERS = {
    REPOSITORY: Permission(
        "administration", "write", "Repository: Administration", "registers and removes runners"
    ),
    ORGANIZATION: Permission(
        "organization_self_hosted_runners",
        "write",
        "Organization: Self-hosted runners",
        "registers and removes runners",
    ),
}

ACTIONS = Permission(
    "actions",
    "read",
    "Repository: Actions",
    "receives the event workflow_job, and reads jobs whose webhooks are late or lost",
)
"""Required: GitHub accepts the event in a manifest only with it. Source: GitHub Docs, "Webhook
events and payloads", `workflow_job`."""

OPTIONAL = (
    Permission(
        "statuses",
        "write",
        "Repository: Commit statuses",
        "shows with a commit why a job has no runner",
    ),
    Permission(
        "actions",
        "write",
        "Repository: Actions",
        "runs lost jobs again, and cancels the runs of refused jobs",
        is_default=False,
    ),
)
"""One of the name of a required permission replaces it, with a higher level."""


def permissions(scope: str, optional: frozenset[str]) -> list[Permission]:
    """Return the permissions of an App, one of each name.

    Args:
        scope: Where runners are registered, `REPOSITORY` or `ORGANIZATION`.
        optional: Names of those of `OPTIONAL` that are granted.
    """
    granted = {one.name: one for one in (RUNNERS[scope], ACTIONS)}
    for one in OPTIONAL:
        if one.name in optional:
            granted[one.name] = _added(granted.get(one.name), one)
    return [*granted.values()]


def _added(required: Permission | None, optional: Permission) -> Permission:
    """Return the optional permission, with the purpose of the required one that it replaces."""
    if required is None:
        return optional
    return replace(optional, purpose=f"{required.purpose}; {optional.purpose}")
