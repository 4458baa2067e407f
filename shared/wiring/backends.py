"""The external systems that a function is wired to: AWS clients, connections to GitHub, the clock.

The defaults are the real systems. A simulation passes its own. An import creates nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.adapters import clients as aws
from shared.adapters.clients import Clients
from shared.adapters.clock import SYSTEM
from shared.adapters.github_api import Http, connections
from shared.adapters.ssm import CACHE_SECONDS, SsmParameters
from shared.ports import Clock


@dataclass(frozen=True, kw_only=True)
class Backends:
    """The external systems. The defaults are the real ones.

    Attributes:
        connect: Creates the pool of connections to GitHub.
        sleep: Waits that many seconds.
        cache_seconds: How long parameters are cached, by the clock `seconds`.
    """

    clients: Clients = aws
    connect: Callable[[], Http] = connections
    clock: Clock = SYSTEM
    sleep: Callable[[float], None] = time.sleep
    cache_seconds: int = CACHE_SECONDS
    seconds: Callable[[], float] = time.monotonic

    def parameters(self) -> SsmParameters:
        """Return the parameters, with a cache of their own."""
        return SsmParameters(self.clients.ssm(), self.cache_seconds, self.seconds)


REAL = Backends()
