"""Inspects queues of SQS: their depth, their dead letters, and the redrive.

It receives messages only from dead-letter queues and from that of the failed events. A message that
was only read is made visible again at once.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.adapters.aws_errors import SQS, translated
from shared.domain.event import ID
from shared.ports import DeadLetter, Depth, FailedEvent
from shared.ports.queues import FAILED_EVENTS, dead_letters_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_BATCH = 10
"""Source: Amazon SQS API Reference, ReceiveMessage and ChangeMessageVisibilityBatch."""

_HIDDEN_SECONDS = 30
"""The visibility timeout, longer than a read or a move takes. After a crash of the reader, messages
are visible again when it ends."""


class SqsQueues:
    """`Queues` on SQS.

    Args:
        urls: The URL of each queue by its name.
        age: Returns the age in seconds of the oldest message, by the queue's name in AWS.
        wait: Seconds that a receive waits for a message. Above 0, SQS queries all its servers.
    """

    def __init__(
        self,
        client: "SQSClient",
        urls: Mapping[str, str],
        *,
        age: Callable[[str], float | None] = lambda _: None,
        wait: int = 1,
    ) -> None:
        self._client = client
        self._urls = urls
        self._age = age
        self._wait = wait

    def depth(self, queue: str) -> Depth:
        """See `Queues.depth`."""
        url = self._url(queue)
        with translated(SQS, f"{url}: "):
            answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes = answer["Attributes"]
        depth = Depth(
            waiting=int(attributes["ApproximateNumberOfMessages"]),
            in_work=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(attributes["ApproximateNumberOfMessagesDelayed"]),
        )
        if not depth.total:
            return depth
        age = self._age(url.rpartition("/")[2])
        return replace(depth, oldest_seconds=age)

    def dead(self, consumer: str, limit: int) -> list[DeadLetter]:
        """See `Queues.dead`."""
        return [letter(one) for one in self._peek(dead_letters_of(consumer), limit)]

    def failed_events(self, limit: int) -> list[FailedEvent]:
        """See `Queues.failed_events`."""
        return [failed_event(one) for one in self._peek(FAILED_EVENTS, limit)]

    def redrive(self, consumer: str, limit: int) -> Iterator[DeadLetter]:
        """See `Queues.redrive`."""
        source, dead = self._url(consumer), self._url(dead_letters_of(consumer))
        for _ in range(limit):
            received = self._receive(dead, 1)
            if not received:
                return
            self._move(received[0], dead, source)
            yield letter(received[0])

    def _move(self, message: "MessageTypeDef", dead: str, source: str) -> None:
        """Send the message to `source`, then delete it from `dead`.

        The deduplication id has the receive count, so it is new on each attempt: SQS drops a
        message with a recent id.
        """
        moved = letter(message)
        with translated(SQS, f"{source}: "):
            self._client.send_message(
                QueueUrl=source,
                MessageBody=message["Body"],
                MessageGroupId=moved.stream,
                MessageDeduplicationId=f"redrive/{moved.message_id}/{moved.receives}",
            )
        with translated(SQS, f"{dead}: "):
            self._client.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])

    def _peek(self, queue: str, limit: int) -> list["MessageTypeDef"]:
        url = self._url(queue)
        received: list[MessageTypeDef] = []
        try:
            while len(received) < limit:
                batch = self._receive(url, min(MAX_BATCH, limit - len(received)))
                if not batch:
                    break
                received += batch
        finally:
            self._make_visible(url, received)
        return received

    def _receive(self, url: str, count: int) -> list["MessageTypeDef"]:
        with translated(SQS, f"{url}: "):
            answer = self._client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=count,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=self._wait,
                MessageSystemAttributeNames=["All"],
            )
        return answer.get("Messages", [])

    def _make_visible(self, url: str, messages: list["MessageTypeDef"]) -> None:
        """End the messages' visibility timeouts. If that fails for one, its timeout expires."""
        for first in range(0, len(messages), MAX_BATCH):
            batch = messages[first : first + MAX_BATCH]
            with translated(SQS, f"{url}: "):
                self._client.change_message_visibility_batch(
                    QueueUrl=url,
                    Entries=[
                        {
                            "Id": str(n),
                            "ReceiptHandle": one["ReceiptHandle"],
                            "VisibilityTimeout": 0,
                        }
                        for n, one in enumerate(batch)
                    ],
                )

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            raise ValueError(f"no queue {queue!r}; known: {', '.join(sorted(self._urls))}")
        return self._urls[queue]


_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


class _Body(Struct, frozen=True):
    event: Annotated[str, Meta(pattern=rf"\A{ID}\Z")] | None = None


class _Context(Struct, frozen=True, rename="camel"):
    function_arn: str = ""
    condition: str = ""
    approximate_invoke_count: int = 0


class _Response(Struct, frozen=True, rename="camel"):
    error_message: str = ""


class _Invocation(Struct, frozen=True, rename="camel"):
    """Lambda's record of an asynchronous invocation that failed."""

    request_context: _Context = _Context()
    request_payload: Any = None
    response_payload: _Response | None = None


def letter(message: "MessageTypeDef") -> DeadLetter:
    """Return the dead letter in a message that was just received.

    SQS's receive count includes the receives from all queues that the message was in. Source:
    Amazon SQS API Reference, ReceiveMessage.
    """
    attributes = message["Attributes"]
    first = attributes.get("ApproximateFirstReceiveTimestamp")
    return DeadLetter(
        message_id=message["MessageId"],
        stream=attributes["MessageGroupId"],
        event=_event(message["Body"]),
        sent_at=_time(attributes["SentTimestamp"]),
        first_received_at=_time(first) if first else None,
        receives=int(attributes["ApproximateReceiveCount"]) - 1,
    )


def failed_event(message: "MessageTypeDef") -> FailedEvent:
    """Return the failed event in a message that was just received.

    Source: AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations".
    """
    record = _invocation(message["Body"])
    context, response = record.request_context, record.response_payload
    attributes = message["Attributes"]
    return FailedEvent(
        message_id=message["MessageId"],
        sent_at=_time(attributes["SentTimestamp"]),
        function=context.function_arn,
        condition=context.condition,
        attempts=context.approximate_invoke_count,
        error=response.error_message if response else "",
        payload=record.request_payload,
    )


def _event(body: str) -> str | None:
    """Return the id of the event that caused the nudge, or None if the body can't be decoded."""
    try:
        return msgspec.json.decode(body, type=_Body).event
    except _UNREADABLE:
        return None


def _invocation(body: str) -> _Invocation:
    try:
        return msgspec.json.decode(body, type=_Invocation)
    except _UNREADABLE:
        return _Invocation()


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
