"""The Lambda service: functions by name, their environments, and who gets the next invocation.

Environments start on demand, stay warm, and are replaced when they end. Where events come from is
none of this module's business (`sources`).
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
"""Of a synchronous invocation. Source: AWS Lambda Developer Guide, "Lambda quotas"."""


class UnknownFunctionError(LookupError):
    """No function of that name was added."""


class EventTooLargeError(ValueError):
    """The event is larger than Lambda takes."""


class HostNotRunningError(RuntimeError):
    """The host was not started, or it is stopped."""


class LambdaHost(Part):
    """Runs functions in processes; every function's output goes to `<log_dir>/<name>.log`."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._pools: dict[str, _Pool] = {}
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._running = False

    @property
    def invocations(self) -> Mapping[str, int]:
        """How often each function was invoked so far."""
        with self._lock:
            return {name: self._counts[name] for name in self._pools}

    def add(self, function: Function) -> None:
        """Make a function known; nothing is started before it is invoked.

        Raises:
            ValueError: there is one of that name.
        """
        if function.name in self._pools:
            raise ValueError(f"there is a function {function.name!r} already")
        self._pools[function.name] = _Pool(function, self.log_path(function.name))

    def log_path(self, name: str) -> Path:
        """Where the output of that function goes."""
        return self._log_dir / f"{name}.log"

    def start(self) -> None:
        """Take invocations from now on."""
        self._log_dir.mkdir(parents=True, exist_ok=True)
        for pool in self._pools.values():
            pool.open()
        self._running = True

    def stop(self) -> None:
        """Kill every environment, busy or not, and take no more invocations."""
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
        """The process ids of a function's environments."""
        return self._pool(name).pids()

    def _pool(self, name: str) -> "_Pool":
        if not self._running:
            raise HostNotRunningError("the Lambda host is not running")
        if name not in self._pools:
            known = ", ".join(sorted(self._pools)) or "none"
            raise UnknownFunctionError(f"no function {name!r}; there are: {known}")
        return self._pools[name]


class _Pool:
    """The environments of one function: at most `concurrency`, the last used one is used next."""

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
        """A warm environment, or a new one if there may be one more; waits otherwise."""
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
