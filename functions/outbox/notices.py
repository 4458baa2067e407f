"""Publishes notices on the fleet's event bus, for the operator's rules to pick up."""

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
    """EventBridge did not accept a notice, which is `number` among those to be published."""

    number: int
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
        try:
            answer = self.client().put_events(Entries=[self._entry(one) for one in notices])
        except (BotoCoreError, ClientError) as error:
            yield from (Refusal(start + number, str(error)) for number in range(len(notices)))
            return
        # The answer's entries are in the order of the request's.
        for number, entry in enumerate(answer["Entries"], start):
            if "ErrorCode" in entry:
                yield Refusal(number, f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}")

    def _entry(self, notice: Notice) -> Any:
        return {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": notice.kind,
            "Detail": msgspec.json.encode(notice).decode(),
        }
