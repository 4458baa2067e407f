"""Which jobs the fleet serves."""

import re
from collections.abc import Iterable

from msgspec import Struct

from shared.domain.labels import OFFERED, is_self_hosted, not_offered

_ENTRY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9._-]+)?")


class Offer(Struct, frozen=True, kw_only=True):
    """What the fleet offers.

    Attributes:
        scope: `owner/name` for a repository, or `owner` for all repositories of an owner.
        labels: Patterns of the labels that jobs may have beside `self-hosted`, `image:` and
            `class:`.
    """

    scope: tuple[str, ...]
    labels: tuple[str, ...] = OFFERED

    @property
    def repositories(self) -> tuple[str, ...]:
        """The repositories that the scope names."""
        return tuple(entry for entry in self.scope if "/" in entry)

    def contains(self, repository: str) -> bool:
        """Return whether the fleet serves jobs of that repository, `owner/name`."""
        owner = repository.partition("/")[0].lower()
        scope = {entry.lower() for entry in self.scope}
        return repository.lower() in scope or owner in scope

    def refusal(self, repository: str, labels: Iterable[str]) -> str | None:
        """Return why the fleet does not serve a job of the repository, or None."""
        labels = tuple(labels)
        if not self.contains(repository):
            return f"repository {repository} is not in this fleet's scope"
        if not is_self_hosted(labels):
            return "the job is not labelled self-hosted"
        others = not_offered(labels, self.labels)
        if others:
            offered = ", ".join(self.labels) or "none"
            return f"the fleet does not offer {', '.join(others)}; offered: {offered}"
        return None


def check_scope(scope: tuple[str, ...]) -> None:
    """Check the entries of `GITHUB_SCOPE`.

    Raises:
        ValueError: an entry is not valid, or there is none.
    """
    wrong = [entry for entry in scope if not _ENTRY.fullmatch(entry)]
    if wrong or not scope:
        raise ValueError(
            f"GITHUB_SCOPE: {', '.join(map(repr, wrong)) or 'nothing in it'}; "
            "allowed: owner/name or owner, with commas between"
        )
