"""A fleet whose stored items a test may damage, and that collects the reported ones."""

from dataclasses import replace
from typing import Any

from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.policy import Policy
from shared.domain.unreadable import Unreadable
from tests.simulated.names import FLEET as NAMES
from tests.support import stories
from tests.support.fleet import SimulatedFleet

DAMAGED_BODIES = {
    "no JSON": "nonsense",
    "no object": "[]",
    "no time zone": '{"id":"x","type":"JobQueued","schema":1,"at":"2026-01-01T00:00:00",'
    '"recorded_at":"2026-01-01T00:00:00Z","actor":"x","data":{}}',
    "no year in UTC": '{"id":"x","type":"X","schema":1,"at":"0001-01-01T00:00:00+14:00",'
    '"recorded_at":"2026-01-01T00:00:00Z","actor":"x","data":{}}',
    "no year to come": '{"id":"x","type":"LaunchFailed","schema":1,"at":"2026-01-01T00:00:00Z",'
    '"recorded_at":"2026-01-01T00:00:00Z","actor":"x","data":'
    '{"runner_id":"x","attempt":1,"reason":"","retry_at":"9999-12-31T00:00:00Z"}}',
    "a fact without its fields": '{"id":"x","type":"JobQueued","schema":1,'
    '"at":"2026-01-01T00:00:00Z","recorded_at":"2026-01-01T00:00:00Z","actor":"x","data":{}}',
    "an endless nest": '{"data":' + "[" * 50_000,
}
"""Texts that are not an event."""


class StoredFleet(SimulatedFleet):
    """The fleet. `left_out` has the keys of the items that were reported as unreadable."""

    def __init__(self, policy: Policy = stories.POLICY) -> None:
        super().__init__(policy)
        self.client: Any = self.log.client
        self.left_out: list[str] = []
        self.table = DynamoRunnersTable(self.client, NAMES.runners_table, self._leave_out)
        self.deps = replace(self.deps, table=self.table, on_unreadable=self._leave_out)

    def _leave_out(self, error: Unreadable) -> None:
        self.left_out.append(error.key)

    def items(self) -> list[dict[str, Any]]:
        """Return all items of both tables, sorted by key."""
        return [*self.items_of(NAMES.events_table), *self.items_of(NAMES.runners_table)]

    def items_of(self, table: str) -> list[dict[str, Any]]:
        """Return all items of that table, sorted by key."""
        pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return sorted((item for page in pages for item in page["Items"]), key=str)

    def damage_event(self, stream: str, seq: int, body: str = "nonsense") -> None:
        """Replace the text of an event, or remove the event if there is no text."""
        key = {"stream": {"S": stream}, "seq": {"N": str(seq)}}
        if body:
            item = {**key, "id": {"S": "by hand"}, "body": {"S": body}}
            self.client.put_item(TableName=NAMES.events_table, Item=item)
        else:
            self.client.delete_item(TableName=NAMES.events_table, Key=key)

    def damage_row(self, key: str, **attributes: dict[str, Any] | None) -> None:
        """Change attributes of a row or of a part of the counter. None removes an attribute."""
        named = {"runner_id": {"S": key}}
        found = self.client.get_item(
            TableName=NAMES.runners_table, Key=named, ConsistentRead=True
        ).get("Item", named)
        item = {name: value for name, value in (found | attributes).items() if value is not None}
        self.client.put_item(TableName=NAMES.runners_table, Item=item)
