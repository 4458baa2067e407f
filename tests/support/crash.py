"""Dependencies that crash at their n-th call, just before or just after its effect."""

from dataclasses import replace
from typing import Any

from shared.engine.dependencies import Dependencies


class CrashError(BaseException):
    """The process died here. It is not an Exception, so that no code under test catches it."""


class Crasher:
    """Counts the calls on every port, and crashes once, at call number `at`."""

    def __init__(self, at: int | None = None, *, after: bool = False) -> None:
        self.at = at
        self.after = after
        self.calls: list[str] = []

    def deps(self, deps: Dependencies) -> Dependencies:
        """Return the same dependencies, with counted calls."""
        names = ("log", "registrations", "jobs", "commit_statuses", "configs", "tasks")
        return replace(deps, **{name: _Port(name, getattr(deps, name), self) for name in names})

    def call(self, name: str, method: Any, args: Any, kwargs: Any) -> Any:
        dies = len(self.calls) == self.at
        self.calls.append(name)
        if dies and not self.after:
            raise CrashError(f"before {name}")
        result = method(*args, **kwargs)
        if dies:
            raise CrashError(f"after {name}")
        return result


class _Port:
    def __init__(self, name: str, port: Any, crasher: Crasher) -> None:
        self._name = name
        self._port = port
        self._crasher = crasher

    def __getattr__(self, attribute: str) -> Any:
        method = getattr(self._port, attribute)
        name = f"{self._name}.{attribute}"
        return lambda *args, **kwargs: self._crasher.call(name, method, args, kwargs)
