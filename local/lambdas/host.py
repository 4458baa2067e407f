"""The Lambda service: invokes functions by name in a pool of environments.

Environments start on demand, stay warm, and are replaced when they end. `sources` contains the
event sources.
"""

import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Condition, Lock
from typing import Any
from uuid import uuid4

from local.lambdas.environment import Environment
from local.lambdas.function import Function, Result
from local.part import Part

MAX_EVENT_BYTES = 6 * 1024 * 1024
"""Size limit of an event. Source: AWS Lambda Developer Guide, "Lambda quotas"."""


class UnknownFunctionError(LookupError):
    """No function has that name."""


class EventTooLargeError(ValueError):
    """The event exceeds Lambda's limit."""


class HostNotRunningError(RuntimeError):
    """The host was not started, or was stopped."""


class LambdaHost(Part):
    """Runs functions in processes and writes their output to `<log_dir>/<name>.log`."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._pools: dict[str, _Pool] = {}
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._running = False

    @property
    def invocations(self) -> Mapping[str, int]:
        """Return the number of invocations by function so far."""
        with self._lock:
            return {name: self._counts[name] for name in self._pools}

    def add(self, function: Function) -> None:
        """Add a function. Its first environment starts with the first invocation.

        Raises:
            ValueError: The name exists already.
        """
        if function.name in self._pools:
            raise ValueError(f"there is a function {function.name!r} already")
        self._pools[function.name] = _Pool(function, self.log_path(function.name))

    def log_path(self, name: str) -> Path:
        """Return the file with the output of a function."""
        return self._log_dir / f"{name}.log"

    def start(self) -> None:
        """Start to accept invocations."""
        self._log_dir.mkdir(parents=True, exist_ok=True)
        for pool in self._pools.values():
            pool.open()
        self._running = True

    def stop(self) -> None:
        """Kill all environments and accept no more invocations."""
        self._running = False
        with ThreadPoolExecutor(max_workers=8) as threads:
            for pool in self._pools.values():
                threads.submit(pool.close)

    def invoke(self, name: str, event: Any, *, request_id: str | None = None) -> Result:
        """Invoke a function and wait for its result; see `Invoker.invoke`.

        Raises:
            UnknownFunctionError, EventTooLargeError, HostNotRunningError.
        """
        pool = self._pool(name)
        body = json.dumps(event, separators=(",", ":")).encode()
        if len(body) > MAX_EVENT_BYTES:
            raise EventTooLargeError(
                f"the event for {name} has {len(body)} bytes, at most {MAX_EVENT_BYTES} are allowed"
            )
        with self._lock:
            self._counts[name] += 1
        return pool.invoke(request_id or str(uuid4()), body)

    def environments(self, name: str) -> list[int]:
        """Return the process ids of a function's environments."""
        return self._pool(name).pids()

    def _pool(self, name: str) -> "_Pool":
        if not self._running:
            raise HostNotRunningError("the Lambda host is not running")
        if name not in self._pools:
            known = ", ".join(sorted(self._pools)) or "none"
            raise UnknownFunctionError(f"no function {name!r}; there are: {known}")
        return self._pools[name]


class _Pool:
    """The environments of one function, at most `concurrency`. The most recently used is reused."""

    def __init__(self, function: Function, log: Path) -> None:
        self._function = function
        self._log = log
        self._changed = Condition()
        self._idle: list[Environment] = []
        self._busy: set[Environment] = set()
        self._starting = 0
        self._open = True

    def open(self) -> None:
        with self._changed:
            self._open = True

    def close(self) -> None:
        with self._changed:
            self._open = False
            everyone = [*self._idle, *self._busy]
            self._idle.clear()
            self._changed.notify_all()
        for environment in everyone:
            environment.kill()

    def pids(self) -> list[int]:
        with self._changed:
            return [environment.pid for environment in (*self._idle, *self._busy)]

    def invoke(self, request_id: str, event: bytes) -> Result:
        environment = self._take()
        try:
            return environment.invoke(request_id, event)
        finally:
            self._give_back(environment)

    def _take(self) -> Environment:
        """Return a warm environment, or a new one within the limit; otherwise wait."""
        with self._changed:
            self._changed.wait_for(self._can_take)
            self._check_open()
            while self._idle:
                environment = self._idle.pop()
                if environment.usable:
                    self._busy.add(environment)
                    return environment
                environment.kill()
            self._starting += 1
        return self._started()

    def _can_take(self) -> bool:
        live = len(self._idle) + len(self._busy) + self._starting
        return not self._open or bool(self._idle) or live < self._function.concurrency

    def _started(self) -> Environment:
        try:
            environment = Environment(self._function, self._log)
        except BaseException:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
            raise
        with self._changed:
            self._starting -= 1
            self._busy.add(environment)
            closed_meanwhile = not self._open
        if closed_meanwhile:
            environment.kill()
        return environment

    def _give_back(self, environment: Environment) -> None:
        with self._changed:
            self._busy.discard(environment)
            keep = self._open and environment.usable
            if keep:
                self._idle.append(environment)
            self._changed.notify()
        if not keep:
            environment.kill()

    def _check_open(self) -> None:
        if not self._open:
            raise HostNotRunningError(f"the Lambda host stopped before {self._function.name} ran")
