"""Simulates Lambda: execution environments with cold starts, which are kept while idle.

An environment runs one invocation at a time. The number of environments is counted but not limited,
so that it can be compared with the concurrency limit of an account.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from benchmarks.load.calls import Calls
from benchmarks.load.fibers import Fibers
from benchmarks.load.options import Delays
from shared.domain.actions import Role
from tests.simulation.world.functions import Functions

T = TypeVar("T")

KEPT_SECONDS = 300.0
"""Seconds for which an idle environment is kept. AWS gives no guarantee; minutes are usual."""


@dataclass(kw_only=True)
class Environment:
    """An execution environment of a function."""

    functions: Functions
    calls: Calls
    idle_since: float = 0.0


@dataclass(kw_only=True)
class Counted:
    """The counters of a function.

    Attributes:
        running: The number of running invocations; `most` is its maximum.
        longest: The duration of the longest invocation, in seconds.
    """

    invocations: int = 0
    cold: int = 0
    running: int = 0
    most: int = 0
    longest: float = 0.0


class Lambda:
    """All functions. An invocation blocks its caller until it ends.

    Args:
        make: Creates an environment of a function.
    """

    def __init__(self, fibers: Fibers, delays: Delays, make: Callable[[str], Environment]) -> None:
        self.counted: defaultdict[str, Counted] = defaultdict(Counted)
        self.errors: Counter[str] = Counter()
        self._fibers = fibers
        self._delays = delays
        self._make = make
        self._idle: defaultdict[str, list[Environment]] = defaultdict(list)

    def deliver(self, hook: dict[str, Any]) -> int:
        """See `Functions.deliver`."""
        return self._run("ingest", lambda one: one.deliver(hook))

    def on_event(self, event: dict[str, Any]) -> None:
        """See `Functions.on_event`."""
        self._run("ingest", lambda one: one.on_event(event))

    def forward(self, batch: dict[str, Any]) -> str | None:
        """See `Functions.forward`."""
        return self._run("outbox", lambda one: one.forward(batch))

    def consume(self, role: Role, batch: dict[str, Any]) -> list[str]:
        """See `Functions.consume`."""
        return self._run(role.value, lambda one: one.consume(role, batch))

    def sweep(self) -> None:
        """See `Functions.sweep`."""
        self._run("janitor", lambda one: one.sweep())

    def keep_warm(self, function: str) -> None:
        """Invoke the function with an empty batch."""
        self._run(function, lambda _: None)

    def forget(self) -> None:
        """Reset the counters."""
        for one in self.counted.values():
            one.invocations = one.cold = 0
            one.most, one.longest = one.running, 0.0
        self.errors.clear()

    def _run(self, function: str, call: Callable[[Functions], T]) -> T:
        counted = self.counted[function]
        counted.invocations += 1
        counted.running += 1
        counted.most = max(counted.most, counted.running)
        environment = self._environment(function)
        began = self._fibers.seconds
        try:
            return call(environment.functions)
        finally:
            counted.running -= 1
            counted.longest = max(counted.longest, self._fibers.seconds - began)
            environment.idle_since = self._fibers.seconds
            if not environment.calls.is_cut:
                self._idle[function].append(environment)

    def _environment(self, function: str) -> Environment:
        """Return the most recently used idle environment, or a new one."""
        idle = self._idle[function]
        if idle and idle[-1].idle_since + KEPT_SECONDS > self._fibers.seconds:
            return idle.pop()
        idle.clear()
        self.counted[function].cold += 1
        self._fibers.spend(self._delays.draw("cold_start", self._fibers.rng))
        environment = self._make(function)
        environment.functions.errors = self.errors
        return environment
