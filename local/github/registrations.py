"""Stores the registered runners, with lookup by id, name and token.

It is not thread-safe: `actions.py` holds its lock during each call.
"""

import secrets
from itertools import count

from local.github.model import Group, NameTakenError, Runner, UnknownError


class Registrations:
    """The runners of all scopes. `idle` has those that can get a job, by id."""

    def __init__(self) -> None:
        self.idle: dict[int, Runner] = {}
        self._runners: dict[int, Runner] = {}
        self._names: dict[tuple[str, str], Runner] = {}
        self._tokens: dict[str, Runner] = {}
        self._ids = count(1)

    def __contains__(self, runner: Runner) -> bool:
        return runner.id in self._runners

    def add(
        self, scope: str, name: str, labels: tuple[str, ...], group: Group, reach: frozenset[str]
    ) -> Runner:
        """Register a runner. See `Runner`.

        Raises:
            NameTakenError: The scope has a runner of that name.
        """
        if (scope.lower(), name) in self._names:
            raise NameTakenError(name)
        runner = Runner(
            id=next(self._ids),
            name=name,
            scope=scope,
            labels=labels,
            group=group,
            reach=reach,
            token=secrets.token_urlsafe(24),
        )
        self._runners[runner.id] = runner
        self._names[scope.lower(), name] = runner
        self._tokens[runner.token] = runner
        return runner

    def forget(self, runner: Runner) -> None:
        """Delete a registration."""
        del self._runners[runner.id]
        del self._names[runner.scope.lower(), runner.name]
        del self._tokens[runner.token]
        self.idle.pop(runner.id, None)

    def all(self) -> list[Runner]:
        """Return the runners of all scopes, oldest first."""
        return list(self._runners.values())

    def of(self, scope: str, name: str | None = None) -> list[Runner]:
        """Return the runners of a scope, or those of one name."""
        if name is not None:
            found = self._names.get((scope.lower(), name))
            return [] if found is None else [found]
        return [one for one in self._runners.values() if one.scope.lower() == scope.lower()]

    def get(self, scope: str, number: int) -> Runner:
        """Return one runner of a scope.

        Raises:
            UnknownError: The id does not exist.
        """
        found = self._runners.get(number)
        if found is None or found.scope.lower() != scope.lower():
            raise UnknownError(f"runner {number}")
        return found

    def proven(self, token: str) -> Runner:
        """Return the runner with that token.

        Raises:
            UnknownError: No runner has that token.
        """
        runner = self._tokens.get(token)
        if runner is None:
            raise UnknownError("no runner is registered with this token")
        return runner
