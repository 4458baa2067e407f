"""Simulates SQS in memory, with the virtual clock.

In a FIFO queue a message group with messages in flight is blocked, and a deduplication id is valid
for five minutes within its group. After too many receives a message moves to the dead-letter queue.
Source: Amazon SQS Developer Guide, "FIFO queue delivery logic" and "Exactly-once processing".
"""

from datetime import datetime
from itertools import count
from typing import Any

from local.aws.validation.rules.rule import QueueKind
from local.aws.validation.rules.sqs import MOST_VISIBILITY
from tests.simulated.agenda import Agenda
from tests.simulated.aws.errors import error
from tests.simulated.aws.fifo import Message, Queue
from tests.simulated.aws.judged import judged

DEDUPLICATION_SECONDS = 300
MOST_RECEIVED = 10
_BEYOND = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"


@judged("sqs")
class SQS:
    """The client."""

    def __init__(self, agenda: Agenda) -> None:
        self.queues: dict[str, Queue] = {}
        self.known = self
        self._agenda = agenda
        self._ids = count(1)

    def create(self, queue: Queue) -> Queue:
        """Create a queue."""
        self.queues[queue.url] = queue
        return queue

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        MessageGroupId: str | None = None,
        MessageDeduplicationId: str | None = None,
    ) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "SendMessage")
        if queue.fifo and self._is_duplicate(queue, (MessageGroupId, MessageDeduplicationId)):
            return {"MessageId": "duplicate"}
        name = f"m-{next(self._ids)}"
        group = MessageGroupId if queue.fifo else name
        message = Message(name, MessageBody, group or name, self._agenda.now())
        queue.add(message)
        queue.woken()
        return {"MessageId": message.id}

    def send_message_batch(
        self, *, QueueUrl: str, Entries: list[dict[str, Any]]
    ) -> dict[str, list[dict[str, Any]]]:
        self._queue(QueueUrl, "SendMessageBatch")
        sent = []
        for entry in Entries:
            one = {key: value for key, value in entry.items() if key != "Id"}
            answer = self.send_message(QueueUrl=QueueUrl, **one)
            sent.append({"Id": entry["Id"], "MessageId": answer["MessageId"]})
        return {"Successful": sent, "Failed": []}

    def _is_duplicate(self, queue: Queue, key: tuple[Any, Any]) -> bool:
        """Return whether a message with that key was sent recently, and record the key."""
        now = self._agenda.seconds
        if queue.sent.get(key, -DEDUPLICATION_SECONDS) > now - DEDUPLICATION_SECONDS:
            return True
        queue.sent[key] = now
        return False

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        """Return the numbers of visible messages and of messages in flight, the only attributes."""
        queue = self._queue(QueueUrl, "GetQueueAttributes")
        if AttributeNames != ["All"]:
            raise NotImplementedError(f"attributes {AttributeNames} are not asked for")
        now = self._agenda.seconds
        in_flight = sum(one.visible_at > now for one in queue.messages())
        counts = {"": queue.size - in_flight, "NotVisible": in_flight, "Delayed": 0}
        told = {f"ApproximateNumberOfMessages{name}": str(one) for name, one in counts.items()}
        return {"Attributes": told}

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
        hidden = queue.visibility if VisibilityTimeout is None else VisibilityTimeout
        found: list[Message] = []
        for group in queue.visible(self._agenda.seconds):
            wanted = group[: MaxNumberOfMessages - len(found)]
            found += [one for one in wanted if self._receive(queue, one, hidden)]
            if len(found) == MaxNumberOfMessages:
                break
        return {"Messages": [_shown(one, queue) for one in found]} if found else {}

    def _receive(self, queue: Queue, message: Message, hidden: float) -> bool:
        """Hide the message for its receiver; False if it moved to the dead-letter queue."""
        if queue.dead is not None and message.receives >= queue.most_receives:
            queue.drop(message)
            queue.dead.add(message)
            return False
        message.first_received_at = message.first_received_at or self._agenda.now()
        message.received_at = self._agenda.seconds
        queue.receive(message, self._agenda.seconds + hidden)
        return True

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "DeleteMessage")
        found = queue.in_flight(ReceiptHandle, self._agenda.seconds)
        if found:
            queue.drop(found)
        return {}

    def change_message_visibility(
        self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int
    ) -> dict[str, Any]:
        operation = "ChangeMessageVisibility"
        queue = self._queue(QueueUrl, operation)
        found = queue.in_flight(ReceiptHandle, self._agenda.seconds)
        if found is None:
            raise error("InvalidParameterValue", "The receipt handle has expired", operation)
        if not self._may_hide(found, VisibilityTimeout):
            raise error("InvalidParameterValue", _BEYOND, operation)
        queue.hide(found, self._agenda.seconds + VisibilityTimeout)
        return {}

    def change_message_visibility_batch(
        self, *, QueueUrl: str, Entries: list[dict[str, Any]]
    ) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "ChangeMessageVisibilityBatch")
        now = self._agenda.seconds
        found = {one["Id"]: queue.in_flight(one["ReceiptHandle"], now) for one in Entries}
        for one in Entries:
            message = found[one["Id"]]
            if message is not None and not self._may_hide(message, one["VisibilityTimeout"]):
                found[one["Id"]] = None
        for one in Entries:
            message = found[one["Id"]]
            if message is not None:
                queue.hide(message, now + one["VisibilityTimeout"])
        done = [{"Id": one} for one, message in found.items() if message]
        failed = [{"Id": one, "SenderFault": True} for one, message in found.items() if not message]
        return {"Successful": done, "Failed": failed}

    def next_visible(self, url: str) -> float | None:
        """Return when a message can become visible; None if the queue is empty."""
        return self.queues[url].next_visible(self._agenda.seconds)

    def queue(self, url: str) -> QueueKind | None:
        """See `Known.queue` of `local.aws.validation.rules.rule`."""
        return QueueKind(fifo=self.queues[url].fifo) if url in self.queues else None

    def _may_hide(self, message: Message, seconds: int) -> bool:
        """Return whether the visibility timeout ends within 12 hours after the receive.

        Source: Amazon SQS Developer Guide, "Amazon SQS visibility timeout".
        """
        return self._agenda.seconds + seconds <= message.received_at + MOST_VISIBILITY

    def _queue(self, url: str, operation: str) -> Queue:
        if url not in self.queues:
            code = "AWS.SimpleQueueService.NonExistentQueue"
            raise error(code, f"The specified queue does not exist: {url}", operation)
        return self.queues[url]


def _milliseconds(at: datetime | None) -> str:
    return str(round(at.timestamp() * 1000)) if at else ""


def _shown(message: Message, queue: Queue) -> dict[str, Any]:
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": {
            **({"MessageGroupId": message.group} if queue.fifo else {}),
            "ApproximateReceiveCount": str(message.receives),
            "ApproximateFirstReceiveTimestamp": _milliseconds(message.first_received_at),
            "SentTimestamp": _milliseconds(message.sent_at),
        },
    }
