"""Notices on the fleet's own event bus, for the operator's rules to pick up."""

from typing import TYPE_CHECKING, Any

import msgspec

from shared.adapters.aws_errors import EVENTS, translated
from shared.ports import Notice, Refused, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "ecs-runner-fleet"
_PASSING = ("InternalException", "ThrottlingException", "ServiceUnavailable", "InternalFailure")


class EventBridgeNotices:
    """`Notices` as events of the bus `bus`: the detail type is the notice's kind."""

    def __init__(self, client: "EventBridgeClient", bus: str) -> None:
        self._client = client
        self._bus = bus

    def send(self, notice: Notice) -> None:
        """See `Notices.send`."""
        entry: Any = {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": notice.kind,
            "Detail": msgspec.json.encode(notice).decode(),
        }
        with translated(EVENTS):
            answer = self._client.put_events(Entries=[entry])
        # An entry may be refused although the call is not.
        for failed in answer["Entries"] if answer.get("FailedEntryCount") else ():
            told = f"EventBridge: {failed.get('ErrorCode')}: {failed.get('ErrorMessage')}"
            raise Unavailable(told) if failed.get("ErrorCode") in _PASSING else Refused(told)
