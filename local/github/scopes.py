"""Stores what runners can be registered at: enterprises and their organizations, runner groups."""

from collections.abc import Iterable
from threading import RLock

from local.github.model import Group, UnknownError

DEFAULT = Group(id=1, name="Default")
"""The group that exists everywhere; a repository has no other."""
_ENTERPRISE = "enterprise:"


def enterprise(slug: str) -> str:
    """Return the scope of an enterprise, which no repository or organization can have."""
    return f"{_ENTERPRISE}{slug.lower()}"


class Scopes:
    """The enterprises and the runner groups that a test or a user has added. It is thread-safe."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._owners: dict[str, frozenset[str]] = {}
        self._groups: dict[str, list[Group]] = {}

    def add_enterprise(self, slug: str, owners: Iterable[str]) -> None:
        """Add an enterprise with its organizations."""
        with self._lock:
            self._owners[enterprise(slug)] = frozenset(one.lower() for one in owners)

    def add_group(self, scope: str, group: Group) -> None:
        """Add a runner group of an organization or an enterprise, or replace the one of its name.

        Raises:
            ValueError: The scope is a repository, which has no groups.
        """
        if "/" in scope:
            raise ValueError(f"{scope} is a repository, which has no runner groups")
        with self._lock:
            others = [one for one in self.groups(scope)[1:] if one.name != group.name]
            self._groups[scope.lower()] = [*others, group]

    def remove_group(self, scope: str, name: str) -> None:
        """Delete the runner group of that name. Its runners stay in it."""
        with self._lock:
            others = [one for one in self.groups(scope)[1:] if one.name != name]
            self._groups[scope.lower()] = others

    def groups(self, scope: str) -> list[Group]:
        """Return the runner groups of a scope, the default group first.

        Raises:
            UnknownError: The enterprise does not exist.
        """
        with self._lock:
            self.reach(scope)
            return [DEFAULT, *self._groups.get(scope.lower(), ())]

    def group(self, scope: str, number: int) -> Group:
        """Return a runner group.

        Raises:
            UnknownError: The scope has no group with that id.
        """
        for one in self.groups(scope):
            if one.id == number:
                return one
        raise UnknownError(f"group {number} of {scope}")

    def reach(self, scope: str) -> frozenset[str]:
        """Return the repositories and owners, in lower case, whose jobs the scope's runners serve.

        Raises:
            UnknownError: The enterprise does not exist.
        """
        if not scope.startswith(_ENTERPRISE):
            return frozenset({scope.lower()})
        with self._lock:
            if scope.lower() not in self._owners:
                raise UnknownError(scope)
            return self._owners[scope.lower()]
