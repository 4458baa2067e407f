"""GitHub's runner registrations in memory."""

import threading
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from shared.ports import Deletion, JitConfig, NameTaken, Registered


class Registration(Struct, kw_only=True):
    """A runner as GitHub has it."""

    github_runner_id: int
    repository: str
    runner_id: str
    labels: tuple[str, ...]
    busy: bool = False
    online: bool = False


class MemoryRegistrations:
    """`Registrations` in a dict. Names are unique in a repository, as at GitHub."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_id = 0
        self.runners: dict[int, Registration] = {}
        self.calls: Counter[str] = Counter()

    def mint(self, repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
        """See `Registrations.mint`."""
        with self._lock:
            self.calls["mint"] += 1
            if self._find(repository, runner_id) is not None:
                raise NameTaken(f"a runner named {runner_id} exists already")
            self._last_id += 1
            number = self._last_id
            self.runners[number] = Registration(
                github_runner_id=number,
                repository=repository,
                runner_id=runner_id,
                labels=tuple(labels),
            )
            return JitConfig(github_runner_id=number, encoded=f"config-of-{runner_id}-{number}")

    def delete(self, repository: str, github_runner_id: int) -> Deletion:
        """See `Registrations.delete`."""
        with self._lock:
            self.calls["delete"] += 1
            runner = self.runners.get(github_runner_id)
            if runner is None or runner.repository != repository:
                return Deletion.ABSENT
            if runner.busy:
                return Deletion.BUSY
            del self.runners[github_runner_id]
            return Deletion.DELETED

    def find(self, repository: str, runner_id: str) -> int | None:
        """See `Registrations.find`."""
        with self._lock:
            self.calls["find"] += 1
            return self._find(repository, runner_id)

    def registered(self, repository: str, limit: int) -> list[Registered]:
        """See `Registrations.registered`."""
        with self._lock:
            self.calls["registered"] += 1
            found = [one for one in self.runners.values() if one.repository == repository]
            return [
                Registered(
                    github_runner_id=one.github_runner_id,
                    runner_id=one.runner_id,
                    online=one.online,
                    busy=one.busy,
                )
                for one in found[:limit]
            ]

    def connect(self, runner_id: str) -> None:
        """Let the runner be online."""
        for runner in self._named(runner_id):
            runner.online = True

    def set_busy(self, runner_id: str, *, busy: bool = True) -> None:
        """Let the runner, which is online then, be on a job, or not."""
        for runner in self._named(runner_id):
            runner.online, runner.busy = True, busy

    def ended(self, runner_id: str) -> None:
        """Forget an ephemeral runner whose job is over."""
        with self._lock:
            self.runners = {
                number: one for number, one in self.runners.items() if one.runner_id != runner_id
            }

    def _named(self, runner_id: str) -> list[Registration]:
        return [runner for runner in self.runners.values() if runner.runner_id == runner_id]

    def _find(self, repository: str, runner_id: str) -> int | None:
        for number, runner in self.runners.items():
            if (runner.repository, runner.runner_id) == (repository, runner_id):
                return number
        return None
