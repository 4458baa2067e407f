"""Notices on the fleet's own event bus, for the operator's rules to pick up."""

from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

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
        try:
            answer = self._client.put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            raise _translated(error) from error
        # An entry may be refused although the call is not.
        for failed in answer["Entries"] if answer.get("FailedEntryCount") else ():
            told = f"EventBridge: {failed.get('ErrorCode')}: {failed.get('ErrorMessage')}"
            raise Unavailable(told) if failed.get("ErrorCode") in _PASSING else Refused(told)


def _translated(error: BotoCoreError | ClientError) -> Exception:
    if isinstance(error, BotoCoreError) or error.response["Error"]["Code"] in _PASSING:
        return Unavailable(f"EventBridge: {error}")
    return Refused(f"EventBridge: {error}")
