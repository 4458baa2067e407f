"""The settings of the deployed functions, read from their environments.

The CLI may not import a function, so this has the Janitor's fields once more; a test compares them.
"""

from datetime import date

import msgspec

from shared.domain.labels import OFFERED
from shared.wiring.policy import FleetSettings

FUNCTIONS = ("ingest", "outbox", "scheduler", "reconciler", "janitor")
CONSUMERS = ("scheduler", "reconciler")
DRIVING = (*CONSUMERS, "janitor")
"""The functions whose environment is a `FleetSettings`."""

REQUIRED = {
    "ingest": (
        "PREFIX", "EVENTS_TABLE", "RUNNER_TABLE", "CLUSTER", "GITHUB_SCOPE", "WEBHOOK_SECRET_PARAM",
    ),
    "outbox": (
        "PREFIX", "EVENT_BUS_NAME", "UNDELIVERED_URL", "SCHEDULER_QUEUE_URL",
        "RECONCILER_QUEUE_URL",
    ),
    "scheduler": ("QUEUE_URL",),
    "reconciler": ("QUEUE_URL",),
}  # fmt: skip
"""The variables that a function needs beside those of `FleetSettings`."""

OWN = frozenset({"QUEUE_URL", "CLUSTER"})
"""Variables that differ between functions: ingest has the cluster's ARN, others its name."""


class DeployedSettings(FleetSettings, frozen=True, kw_only=True):
    """The environment of the Janitor, which has nearly all names of the fleet."""

    scheduler_dead_letter_url: str
    reconciler_dead_letter_url: str
    github_scope: tuple[str, ...]
    offered_labels: tuple[str, ...] = OFFERED
    webhook_url: str = ""
    runner_version_released: date | None = None
    runner_version: str = ""

    @property
    def secret_params(self) -> tuple[str, ...]:
        """The names of the parameters with GitHub's credentials."""
        return tuple(one.secret_param for one in self.credentials())

    @property
    def is_app(self) -> bool:
        """Whether the fleet's first credential is a GitHub App."""
        return not self.github_token_param


KNOWN = frozenset(
    {
        *(field.name.upper() for field in msgspec.structs.fields(DeployedSettings)),
        *(name for names in REQUIRED.values() for name in names),
        "WEBHOOK_SECRET_PREVIOUS_PARAM", "AWS_CA_BUNDLE", "IMAGE_BUILD_PROJECT",
    }
)  # fmt: skip
"""The variables of the functions. They hold names and numbers, no secret."""
