"""The event log and the runners table on simulated DynamoDB, and the nudges of its outbox."""

from collections.abc import Callable
from threading import Lock
from typing import Any

import msgspec

from cli.streams.scan import LogScan
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.events import Recorded
from shared.domain.notices import Notice
from tests.simulated.agenda import Agenda
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.expressions import Item
from tests.simulated.aws.paging import Direct
from tests.simulated.names import FLEET
from tests.support.clock import ManualClock


class SimulatedLog(DynamoEventLog):
    """An empty event log. It is thread-safe.

    Attributes:
        client: DynamoDB.
        table: The runners table.
        scan: Reads all streams.
        count: How many events were appended.
        nudges: (route, stream, event id) of every event with a route: what the outbox sends.
        notices: All notices, which the outbox publishes.
    """

    def __init__(self, clock: Agenda | None = None) -> None:
        self.nudges: list[tuple[str, str, str]] = []
        self.notices: list[Notice] = []
        self.count = 0
        dynamodb = DynamoDB(clock or ManualClock())
        for description in FLEET.tables():
            dynamodb.create_table(**description)
        dynamodb.tables[FLEET.events_table].follow = self._follow
        client: Any = _Atomic(dynamodb)
        super().__init__(client, FLEET.events_table, FLEET.runners_table)
        self.client = client
        self.table = DynamoRunnersTable(client, FLEET.runners_table)
        self.scan = LogScan(client, FLEET.events_table, self.read)

    @property
    def events(self) -> dict[str, list[Recorded]]:
        """Return all events by stream."""
        return {stream: self.read(stream) for stream in self.streams()}

    def _follow(self, item: Item) -> None:
        self.count += 1
        if "route" in item:
            self.nudges.append((item["route"]["S"], item["stream"]["S"], item["id"]["S"]))
        if "notices" in item:
            self.notices += msgspec.json.decode(item["notices"]["S"], type=list[Notice])


class _Atomic(Direct):
    """A client whose calls are serialized: DynamoDB's are atomic."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._lock = Lock()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._client, operation)

        def alone(**asked: Any) -> Any:
            with self._lock:
                return call(**asked)

        return alone
