"""All that the engine may touch, in one value: the ports, the clock and the policy."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.policy import Policy
from shared.domain.unreadable import Unreadable, refuse
from shared.ports import (
    Clock,
    ConfigStore,
    EventLog,
    Images,
    Notices,
    Registrations,
    RunnersTable,
    Tasks,
)


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """The ports by their roles. `policy` is called once a drive, so that it can be refreshed.

    `pause` waits that many seconds before an append that lost a race is decided anew.
    `on_unreadable` is called for what is left out because it can't be read, so that it stops
    nothing else.
    """

    log: EventLog
    table: RunnersTable
    registrations: Registrations
    configs: ConfigStore
    tasks: Tasks
    images: Images | None = None
    notices: Notices | None = None
    clock: Clock
    policy: Callable[[], Policy]
    pause: Callable[[float], None] = time.sleep
    on_unreadable: Callable[[Unreadable], None] = refuse
