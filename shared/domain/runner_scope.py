"""Where runners are registered at GitHub: at a repository, an organization or an enterprise. Pure.

GitHub assigns a job only to runners that are registered at its repository or above it. So the same
scope answers where a runner is registered, and which jobs may take it (`reaches`). Which jobs the
fleet serves is another question: see `shared.domain.scope`.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from fnmatch import fnmatchcase

from msgspec import Struct

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_PATTERN = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)/[A-Za-z0-9._*-]+")


class Level(Enum):
    """What a runner is registered at. The value is how messages name it."""

    REPOSITORY = "repository"
    ORGANIZATION = "organization"
    ENTERPRISE = "enterprise"


class RunnerScope(Struct, frozen=True, kw_only=True):
    """One place at which runners are registered.

    Attributes:
        name: `owner/name` of the repository, the organization's name, or the enterprise's slug.
    """

    level: Level
    name: str

    def __str__(self) -> str:
        """Return it as messages name it, such as `organization acme`."""
        return f"{self.level.value} {self.name}"


class RunnerScopes(Struct, frozen=True, kw_only=True):
    """All scopes of a fleet.

    Attributes:
        organizations: Runners for the repositories of these are registered at the organization,
            all others at the repository of their job.
        enterprise: The slug of the enterprise at which all runners are registered, or empty.
    """

    organizations: tuple[str, ...] = ()
    enterprise: str = ""

    def of(self, place: str) -> RunnerScope:
        """Return the scope of a repository, `owner/name`, or the scope with that name."""
        if self.enterprise:
            return RunnerScope(level=Level.ENTERPRISE, name=self.enterprise)
        owner = place.partition("/")[0].lower()
        for organization in self.organizations:
            if organization.lower() == owner:
                return RunnerScope(level=Level.ORGANIZATION, name=organization)
        return RunnerScope(level=Level.REPOSITORY, name=place)

    def shared(self) -> list[RunnerScope]:
        """Return the scopes that do not depend on a repository."""
        return [
            self.of(one) for one in ((self.enterprise,) if self.enterprise else self.organizations)
        ]

    def reaches(self, registered_for: str, repository: str) -> bool:
        """Return whether GitHub may assign a job of the repository to a runner.

        Args:
            registered_for: The repository, `owner/name`, that the runner was launched for.
        """
        mine, other = self.of(registered_for), self.of(repository)
        return mine.level == other.level and mine.name.lower() == other.name.lower()


AT_REPOSITORIES = RunnerScopes()
"""Each runner is registered at the repository of its job."""


class GroupRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The runner group of some repositories.

    Attributes:
        repositories: Pattern of `owner/name`; `*` matches any text of the name.
        group: The name of the runner group at the organization or the enterprise.
    """

    repositories: str
    group: str


def group_of(rules: Iterable[GroupRule], repository: str) -> str | None:
    """Return the runner group of the repository, by the first rule that matches, or None."""
    name = repository.lower()
    return next((one.group for one in rules if fnmatchcase(name, one.repositories.lower())), None)


def check_scopes(scopes: RunnerScopes, rules: Sequence[GroupRule]) -> None:
    """Check the settings `GITHUB_ORGANIZATIONS`, `GITHUB_ENTERPRISE` and `RUNNER_GROUPS`.

    Raises:
        ValueError: a name is not valid, two settings exclude each other, or a rule applies to
            runners that have no group, because they are registered at a repository.
    """
    names = {
        "GITHUB_ORGANIZATIONS": scopes.organizations,
        "GITHUB_ENTERPRISE": (scopes.enterprise,),
    }
    for setting, given in names.items():
        wrong = [one for one in given if one and not _NAME.fullmatch(one)]
        if wrong:
            raise ValueError(
                f"{setting}: {', '.join(map(repr, wrong))}; allowed: names of letters, digits, '-'"
            )
    if scopes.enterprise and scopes.organizations:
        raise ValueError(
            "GITHUB_ENTERPRISE and GITHUB_ORGANIZATIONS are both set; allowed: one of them, since "
            "runners of an enterprise are registered there for all of its organizations"
        )
    for rule in rules:
        _check_rule(rule, scopes)


def _check_rule(rule: GroupRule, scopes: RunnerScopes) -> None:
    found = _PATTERN.fullmatch(rule.repositories)
    if found is None or not rule.group.strip():
        raise ValueError(
            f"RUNNER_GROUPS: {rule.repositories!r} with group {rule.group!r}; allowed: "
            "OWNER/PATTERN, where * matches any text, and the name of a group"
        )
    if scopes.of(found[1]).level is Level.REPOSITORY:
        raise ValueError(
            f"RUNNER_GROUPS: {rule.repositories!r}, but runners of {found[1]} are registered at "
            "repositories, which have no groups; allowed: owners of GITHUB_ORGANIZATIONS, or any "
            "with GITHUB_ENTERPRISE"
        )
