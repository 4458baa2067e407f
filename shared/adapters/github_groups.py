"""Runner groups: their names as operators write them, and their ids as GitHub wants them.

Source of paths and fields: GitHub's OpenAPI description of its REST API, "Self-hosted runner
groups".
"""

from collections.abc import Sequence

from msgspec import Struct

from shared.adapters.github_api import decode
from shared.adapters.github_client import PAGE, GitHubClient, scope_path
from shared.domain.runner_scope import GroupRule, RunnerScope, RunnerScopes, group_of
from shared.ports import Refused

DEFAULT_GROUP = 1
"""The id of the group `Default`, which exists everywhere. Source: GitHub Docs, "REST API endpoints
for self-hosted runners", the examples of just-in-time configurations."""
MOST_PAGES = 10
"""Maximum number of pages of 100 groups that are read of a scope."""
MOST_NAMED = 10
"""Maximum number of groups that the refusal names."""


class _Group(Struct, frozen=True):
    id: int
    name: str


class _Groups(Struct, frozen=True):
    runner_groups: tuple[_Group, ...]


class RunnerGroups:
    """The ids of runner groups. Each scope's groups are read once, and kept.

    Args:
        rules: Which group the runners of which repositories belong to. Without a rule it is
            `DEFAULT_GROUP`, and nothing is read.
    """

    def __init__(
        self, client: GitHubClient, scopes: RunnerScopes, rules: Sequence[GroupRule] = ()
    ) -> None:
        self._client = client
        self._scopes = scopes
        self._rules = rules
        self._kept: dict[RunnerScope, dict[str, int]] = {}

    def id_of(self, repository: str) -> int:
        """Return the id of the group for runners of the repository.

        Groups are read again if none has the name: it may have been created since.

        Raises:
            Refused: there is no such group, or the credentials may not read the groups.
            Unavailable.
        """
        name = group_of(self._rules, repository)
        if name is None:
            return DEFAULT_GROUP
        scope = self._scopes.of(repository)
        known = self._kept.get(scope, {})
        if name not in known:
            known = self._kept[scope] = self._read(scope, repository)
        if name not in known:
            raise Refused(f'GitHub: {scope} has no runner group "{name}"; it has: {_listed(known)}')
        return known[name]

    def renewed(self, repository: str, refused: int) -> int | None:
        """Return another id than the refused one, or None if the group still has that id.

        A group that was deleted and created again has another id.

        Raises:
            See `id_of`.
        """
        if self._kept.pop(self._scopes.of(repository), None) is None:
            return None
        found = self.id_of(repository)
        return found if found != refused else None

    def _read(self, scope: RunnerScope, repository: str) -> dict[str, int]:
        found: dict[str, int] = {}
        path = f"{scope_path(scope)}/actions/runner-groups"
        for page in range(1, MOST_PAGES + 1):
            fields = {"per_page": str(PAGE), "page": str(page)}
            answer = self._client.call("GET", repository, path, fields=fields)
            self._client.check(answer)
            groups = decode(answer, _Groups).runner_groups
            found |= {one.name: one.id for one in groups}
            if len(groups) < PAGE:
                break
        return found


def _listed(groups: dict[str, int]) -> str:
    names = sorted(groups)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED]) or 'none'}{more}"
