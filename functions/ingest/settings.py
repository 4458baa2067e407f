"""The settings of ingest."""

import re

from msgspec import Struct

from shared.domain.labels import OFFERED
from shared.domain.names import check_prefix

_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9._-]+)?")


class Settings(Struct, frozen=True, kw_only=True):
    """The environment of ingest.

    Attributes:
        github_scope: `owner/name` for a repository, or `owner` for all repositories of an owner.
        webhook_secret_param: The name of the parameter with the webhook's secret.
        webhook_secret_previous_param: The same for the previous secret, which is accepted during a
            rotation.
        offered_labels: Patterns of the labels that jobs may have beside `self-hosted`, `image:` and
            `class:`.
        image_build_project: The name of the CodeBuild project, or empty: all builds are ignored.
    """

    events_table: str
    runner_table: str
    prefix: str
    cluster: str
    github_scope: tuple[str, ...]
    webhook_secret_param: str
    webhook_secret_previous_param: str = ""
    image_build_project: str = ""
    offered_labels: tuple[str, ...] = OFFERED

    def __post_init__(self) -> None:
        check_prefix(self.prefix)
        wrong = [entry for entry in self.github_scope if not _SCOPE.fullmatch(entry)]
        if wrong or not self.github_scope:
            raise ValueError(
                f"GITHUB_SCOPE: {', '.join(map(repr, wrong)) or 'nothing in it'}; "
                "allowed: owner/name or owner, with commas between"
            )

    def in_scope(self, repository: str) -> bool:
        """Return whether the fleet serves jobs of that repository, `owner/name`."""
        owner = repository.partition("/")[0].lower()
        scope = {entry.lower() for entry in self.github_scope}
        return repository.lower() in scope or owner in scope
