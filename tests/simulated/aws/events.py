"""Simulates EventBridge in memory: buses and their entries.

Source: Amazon EventBridge API Reference, PutEvents.
"""

from itertools import count
from typing import Any

from tests.simulated.aws.judged import judged


@judged("events")
class Events:
    """The client.

    Attributes:
        entries: Entries by bus, oldest first.
    """

    def __init__(self, *buses: str) -> None:
        self.entries: dict[str, list[dict[str, Any]]] = {bus: [] for bus in buses}
        self._ids = count(1)

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Add entries to their buses. A missing bus raises KeyError, which AWS does not do."""
        for entry in Entries:
            self.entries[entry["EventBusName"]].append(entry)
        told = [{"EventId": f"event-{next(self._ids)}"} for _ in Entries]
        return {"FailedEntryCount": 0, "Entries": told}
