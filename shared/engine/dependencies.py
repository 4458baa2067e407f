"""The dependencies of the engine: the ports, the clock and the policy."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.domain.policy import Policy
from shared.domain.unreadable import Unreadable, refuse
from shared.engine.ready_images import ReadyImages
from shared.ports import (
    Clock,
    CommitStatuses,
    ConfigStore,
    EventLog,
    Images,
    Jobs,
    Registrations,
    RunnersTable,
    Tasks,
)


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """The ports and callbacks of the engine.

    Attributes:
        registrations: With the fleet's first credential at GitHub.
        more_registrations: With each further credential, by its name.
        policy: Called once for each drive, so that the policy can be refreshed.
        pause: Waits that many seconds before the retry of an append that was in conflict.
        on_unreadable: Called for each item that is left out because it can't be read.
    """

    log: EventLog
    table: RunnersTable
    registrations: Registrations
    more_registrations: Mapping[str, Registrations] = field(default_factory=dict)
    jobs: Jobs
    commit_statuses: CommitStatuses
    configs: ConfigStore
    tasks: Tasks
    images: Images | None = None
    ready_images: ReadyImages = field(default_factory=ReadyImages)
    clock: Clock
    policy: Callable[[], Policy]
    pause: Callable[[float], None] = time.sleep
    on_unreadable: Callable[[Unreadable], None] = refuse

    def registrations_of(self, credential: str) -> Registrations:
        """Return the registrations with that credential, or with the first if it was removed."""
        return self.more_registrations.get(credential, self.registrations)
