"""SQS's FIFO queues in memory, by the virtual clock.

A group whose messages are in flight is blocked; a message that was received too often goes to the
dead-letter queue; a deduplication id counts for five minutes within its group. Source: Amazon SQS
Developer Guide, "FIFO queue delivery logic" and "Exactly-once processing".
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from tests.simulation.world.agenda import Agenda
from tests.simulation.world.aws.errors import error

DEDUPLICATION_SECONDS = 300
MOST_RECEIVED = 10


@dataclass
class Message:
    """One message; `visible_at` is when it may be received, in seconds."""

    id: str
    body: str
    group: str
    sent_at: datetime
    first_received_at: datetime | None = None
    visible_at: float = 0.0
    receives: int = 0
    receipt: str | None = None


@dataclass
class Queue:
    """A FIFO queue, and where its dead letters go. `woken` is told that something was sent."""

    url: str
    visibility: float = 180.0
    most_receives: int = 1 << 30
    dead: "Queue | None" = None
    groups: dict[str, deque[Message]] = field(default_factory=dict)
    sent: dict[tuple[str, str], float] = field(default_factory=dict)
    woken: Callable[[], None] = lambda: None

    def messages(self) -> list[Message]:
        """All that is neither deleted nor dead."""
        return [one for group in self.groups.values() for one in group]

    def add(self, message: Message) -> None:
        """Put a message in, behind all others of its group."""
        self.groups.setdefault(message.group, deque()).append(message)

    def drop(self, message: Message) -> None:
        """Take a message out."""
        self.groups[message.group].remove(message)
        if not self.groups[message.group]:
            del self.groups[message.group]


class SQS:
    """The client."""

    def __init__(self, agenda: Agenda) -> None:
        self.queues: dict[str, Queue] = {}
        self._agenda = agenda
        self._ids = count(1)

    def create(self, queue: Queue) -> Queue:
        """Make a queue."""
        self.queues[queue.url] = queue
        return queue

    def send_message(
        self, *, QueueUrl: str, MessageBody: str, MessageGroupId: str, MessageDeduplicationId: str
    ) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "SendMessage")
        now = self._agenda.seconds
        key = (MessageGroupId, MessageDeduplicationId)
        if queue.sent.get(key, -DEDUPLICATION_SECONDS) > now - DEDUPLICATION_SECONDS:
            return {"MessageId": "duplicate"}
        queue.sent[key] = now
        message = Message(f"m-{next(self._ids)}", MessageBody, MessageGroupId, self._agenda.now())
        queue.add(message)
        queue.woken()
        return {"MessageId": message.id}

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: float | None = None,
        WaitTimeSeconds: int = 0,
        MessageSystemAttributeNames: list[str] | None = None,
    ) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "ReceiveMessage")
        if not 1 <= MaxNumberOfMessages <= MOST_RECEIVED:
            raise error("InvalidParameterValue", "1 to 10 messages", "ReceiveMessage")
        hidden = queue.visibility if VisibilityTimeout is None else VisibilityTimeout
        found: list[Message] = []
        for group in list(queue.groups.values()):
            if any(one.visible_at > self._agenda.seconds for one in group):
                continue
            for message in list(group):
                if len(found) == MaxNumberOfMessages:
                    break
                if self._receive(queue, message, hidden):
                    found.append(message)
        return {"Messages": [_shown(one) for one in found]} if found else {}

    def _receive(self, queue: Queue, message: Message, hidden: float) -> bool:
        """Hide the message for whoever gets it now; False if it went to the dead letters."""
        if queue.dead is not None and message.receives >= queue.most_receives:
            queue.drop(message)
            queue.dead.add(message)
            return False
        message.receives += 1
        message.first_received_at = message.first_received_at or self._agenda.now()
        message.visible_at = self._agenda.seconds + hidden
        message.receipt = f"{message.id}/{message.receives}"
        return True

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "DeleteMessage")
        found = self._in_flight(queue, ReceiptHandle)
        if found:
            queue.drop(found)
        return {}

    def change_message_visibility(
        self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int
    ) -> dict[str, Any]:
        operation = "ChangeMessageVisibility"
        queue = self._queue(QueueUrl, operation)
        if not 0 <= VisibilityTimeout <= 43_200:
            raise error("InvalidParameterValue", f"{VisibilityTimeout} s", operation)
        found = self._in_flight(queue, ReceiptHandle)
        if found is None:
            raise error("InvalidParameterValue", "The receipt handle has expired", operation)
        found.visible_at = self._agenda.seconds + VisibilityTimeout
        return {}

    def change_message_visibility_batch(
        self, *, QueueUrl: str, Entries: list[dict[str, Any]]
    ) -> dict[str, Any]:
        if not 1 <= len(Entries) <= MOST_RECEIVED:
            operation = "ChangeMessageVisibilityBatch"
            raise error("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "1 to 10", operation)
        queue = self._queue(QueueUrl, "ChangeMessageVisibilityBatch")
        found = {one["Id"]: self._in_flight(queue, one["ReceiptHandle"]) for one in Entries}
        for one in Entries:
            message = found[one["Id"]]
            if message is not None:
                message.visible_at = self._agenda.seconds + one["VisibilityTimeout"]
        done = [{"Id": one} for one, message in found.items() if message]
        failed = [{"Id": one, "SenderFault": True} for one, message in found.items() if not message]
        return {"Successful": done, "Failed": failed}

    def next_visible(self, url: str) -> float | None:
        """When there may be something to receive; None if the queue is empty."""
        times = [max(one.visible_at for one in group) for group in self.queues[url].groups.values()]
        return min(times, default=None)

    def _in_flight(self, queue: Queue, receipt: str) -> Message | None:
        """The message that was received by that handle and is still hidden."""
        now = self._agenda.seconds
        known = (one for one in queue.messages() if one.receipt == receipt)
        return next((one for one in known if one.visible_at > now), None)

    def _queue(self, url: str, operation: str) -> Queue:
        if url not in self.queues:
            code = "AWS.SimpleQueueService.NonExistentQueue"
            raise error(code, f"The specified queue does not exist: {url}", operation)
        return self.queues[url]


def _milliseconds(at: datetime | None) -> str:
    return str(round(at.timestamp() * 1000)) if at else ""


def _shown(message: Message) -> dict[str, Any]:
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": {
            "MessageGroupId": message.group,
            "ApproximateReceiveCount": str(message.receives),
            "ApproximateFirstReceiveTimestamp": _milliseconds(message.first_received_at),
            "SentTimestamp": _milliseconds(message.sent_at),
        },
    }
