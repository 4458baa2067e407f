"""Notices on a simulated event bus."""

from typing import Any

import msgspec

from shared.adapters.events import EventBridgeNotices
from shared.ports import Notice
from tests.simulated.aws.events import Events
from tests.simulated.names import FLEET


class SimulatedNotices(EventBridgeNotices):
    """`Notices` on a bus of its own."""

    def __init__(self) -> None:
        self._events = Events(FLEET.bus)
        client: Any = self._events
        super().__init__(client, FLEET.bus)

    @property
    def sent(self) -> list[Notice]:
        """All notices, the oldest first."""
        entries = self._events.entries[FLEET.bus]
        return [msgspec.json.decode(one["Detail"], type=Notice) for one in entries]
