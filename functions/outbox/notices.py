"""Publishes notices on the fleet's event bus, for the operator's rules to pick up."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from shared.domain.notices import Notice

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "ecs-runner-fleet"
MAX_ENTRIES = 10
"""Maximum number of events in one call. Source: Amazon EventBridge API Reference, PutEvents."""


class Refusal(Struct, frozen=True):
    """EventBridge did not accept a notice: its index in the call of `publish`, and its JSON."""

    number: int
    detail: str
    reason: str


class Bus(Struct, frozen=True):
    """The fleet's event bus `name`. `client` makes the client, which few invocations need."""

    client: "Callable[[], EventBridgeClient]"
    name: str

    def publish(self, notices: Sequence[Notice]) -> Iterator[Refusal]:
        """Publish the notices. Yield which ones EventBridge did not accept."""
        for start in range(0, len(notices), MAX_ENTRIES):
            yield from self._publish(start, notices[start : start + MAX_ENTRIES])

    def _publish(self, start: int, notices: Sequence[Notice]) -> Iterator[Refusal]:
        entries = [self._entry(one) for one in notices]
        for number, (entry, reason) in enumerate(zip(entries, self._put(entries), strict=True)):
            if reason is not None:
                yield Refusal(start + number, entry["Detail"], reason)

    def _put(self, entries: list[Any]) -> list[str | None]:
        """Return for each entry why it was not accepted, or None if it was.

        Results are in the order of the entries. Source: Amazon EventBridge User Guide, "Sending
        events with PutEvents".
        """
        try:
            results = self.client().put_events(Entries=entries)["Entries"]
        except (BotoCoreError, ClientError) as error:
            return [str(error)] * len(entries)
        return [
            f"{one['ErrorCode']}: {one.get('ErrorMessage', '')}" if "ErrorCode" in one else None
            for one in results
        ]

    def _entry(self, notice: Notice) -> Any:
        return {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": notice.kind,
            # In ASCII: it may go to SQS, which rejects some characters that a label can contain.
            # Source: Amazon SQS API Reference, SendMessage, InvalidMessageContents.
            "Detail": json.dumps(msgspec.to_builtins(notice)),
        }
