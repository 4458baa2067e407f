"""Queues of SQS, looked at from outside: depth, dead letters, and moving those back.

Only dead-letter queues are ever received from. Their messages are hidden for a moment meanwhile
and then given back.
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
"""Longer than a look or a move takes; so long a message is away if its looker dies."""


class SqsQueues:
    """`Queues` on SQS.

    Args:
        urls: The URL of each queue by its name.
        age: Seconds that the oldest message of the queue of that name in AWS has been there.
        wait: Seconds that a receive waits for a message; above 0 SQS asks all of its servers.
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
        told = answer["Attributes"]
        depth = Depth(
            waiting=int(told["ApproximateNumberOfMessages"]),
            in_work=int(told["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(told["ApproximateNumberOfMessagesDelayed"]),
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
        """Send, then delete. The id is new on each try: SQS drops one that it has seen of late."""
        told = letter(message)
        with translated(SQS, f"{source}: "):
            self._client.send_message(
                QueueUrl=source,
                MessageBody=message["Body"],
                MessageGroupId=told.stream,
                MessageDeduplicationId=f"redrive/{told.message_id}/{told.receives}",
            )
        with translated(SQS, f"{dead}: "):
            self._client.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])

    def _peek(self, queue: str, limit: int) -> list["MessageTypeDef"]:
        url = self._url(queue)
        seen: list[MessageTypeDef] = []
        try:
            while len(seen) < limit:
                batch = self._receive(url, min(MAX_BATCH, limit - len(seen)))
                if not batch:
                    break
                seen += batch
        finally:
            self._give_back(url, seen)
        return seen

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

    def _give_back(self, url: str, messages: list["MessageTypeDef"]) -> None:
        """Let others see them at once. One that can't be given back is there again by itself."""
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
    """A message of a dead-letter queue, just received.

    SQS counts receives across all queues that the message was in. Source: Amazon SQS API Reference,
    ReceiveMessage.
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
    """A message of the failed events, just received.

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
    """What led to the nudge; a message may well be dead because nobody can read it."""
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
