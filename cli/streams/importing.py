"""Stores the events of an export in an empty events table, as they are in the file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.streams.files import read_exports
from shared.adapters.aws_errors import DYNAMODB, translated
from shared.domain.events import Recorded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class NotEmptyError(ValueError):
    """The events table has an event already."""


class EventsTable:
    """Writes to the events table, which only an import does without its runners' rows."""

    def __init__(self, client: "DynamoDBClient", events: str) -> None:
        self._client = client
        self._events = events

    def check_empty(self) -> None:
        """Check that the table has no event.

        Raises:
            NotEmptyError: it has one.
        """
        with translated(DYNAMODB):
            page = self._client.scan(TableName=self._events, ConsistentRead=True, Limit=1)
        if page["Items"]:
            stream = page["Items"][0]["stream"]["S"]
            raise NotEmptyError(f"{self._events} is not empty: it has {stream}; nothing is written")

    def put(self, recorded: Recorded) -> None:
        """Store an event with its text. It has no route, so it nudges no consumer."""
        item: Any = {
            "stream": {"S": recorded.stream},
            "seq": {"N": str(recorded.seq)},
            "id": {"S": recorded.event.id},
            "body": {"S": recorded.text},
        }
        with translated(DYNAMODB):
            self._client.put_item(TableName=self._events, Item=item)


def import_streams(table: EventsTable, path: Path) -> int:
    """Store all events of an export, and return their number.

    Raises:
        NotEmptyError: the table has an event already; nothing was written.
        BadExportError: the file is no export.
        Unreadable: an event of it can't be decoded; nothing was written.
    """
    table.check_empty()
    for one in read_exports([path]):
        if one.stored.problem is not None:
            raise one.stored.problem
    count = 0
    for one in read_exports([path]):
        for recorded in one.stored.recorded:
            table.put(recorded)
            count += 1
    return count
