"""Messages of the queues: what the consumers, the Janitor and the CLI make of them."""

import json
from collections import Counter
from random import Random
from typing import Any

from shared.adapters.queues import failed_event, letter
from shared.domain.actions import Role
from shared.wiring.message_handler import MessageHandler
from tests.fuzz import hostile
from tests.fuzz.broken import Broken
from tests.fuzz.quiet import Counts, Silent
from tests.support.stored import StoredFleet

NUDGE = {"stream": "job-1", "event": "guid-1"}
FAILURE = {
    "requestContext": {
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:fleet-ingest:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    },
    "requestPayload": {"detail-type": "ECS Task State Change"},
    "responsePayload": {"errorMessage": "boom"},
}
BATCH = 10
_STREAMS = (
    "job-1",
    "job-2",
    "image-x",
    "builds-2026-11-27",
    "job-0",
    "job-007",
    "image-",
    "job-" + "9" * 20,
    "",
    "x",
)


class Visibility:
    """The one call that a consumer makes to SQS."""

    def change_message_visibility(self, **_: Any) -> None:
        """Nobody looks at it."""


class Context:
    """An invocation that has two minutes."""

    function_name = "consumer"

    def get_remaining_time_in_millis(self) -> int:
        return 120_000


def body(shape: dict[str, Any], rng: Random) -> str:
    """A message's text, as boto3 reads it."""
    if rng.random() < 0.5:
        shape = {**shape, "stream": rng.choice(_STREAMS)}
    if rng.random() < 0.7:
        shape = hostile.mutated(shape, rng, hostile.paths(shape))
    text = json.dumps(shape)
    if rng.random() < 0.4:
        text = rng.choice(hostile.TEXT_CHANGES)(text, rng)
    return text if rng.random() < 0.95 else text + "\ud800"


def check(consumer: MessageHandler, bodies: list[str]) -> Counter[str]:
    """Hand a batch in, with a good message behind each other one of its group.

    Raises:
        Broken: an exception, or a good message was not handled.
    """
    records = [_record(number, text) for number, text in enumerate(bodies)]
    records.append(_record(len(bodies), json.dumps(NUDGE)))
    counts: Any = consumer.metrics
    before = counts.counts.copy()
    try:
        response = consumer.handle({"Records": records}, Context())
        for text in bodies:
            _looked_at(text)
    except Exception as error:
        raise Broken(f"{type(error).__name__}: {error}", bodies) from error
    failed = {one["itemIdentifier"] for one in response["batchItemFailures"]}
    if failed or counts.counts["DriveFailed"]:
        raise Broken(f"not handled: {sorted(failed)}", bodies)
    seen: Counter[str] = counts.counts - before
    return Counter(dropped=seen["Unreadable"], handled=len(records) - seen["Unreadable"])


def _looked_at(text: str) -> None:
    """The same message among dead letters, and as the record of a failed invocation."""
    message: Any = {
        "MessageId": "m",
        "Body": text,
        "Attributes": {
            "MessageGroupId": "job-1",
            "SentTimestamp": "1767225600000",
            "ApproximateReceiveCount": "21",
        },
    }
    found = letter(message)
    json.dumps([found.event, str(failed_event(message).error)]).encode()


def _record(number: int, text: str) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": text,
        "attributes": {"MessageGroupId": "job-1", "ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:scheduler.fifo",
        "awsRegion": "us-east-1",
    }


def run(count: int, seed: int) -> Counter[str]:
    """So many messages; how many were handled, and how many dropped as unreadable."""
    rng = Random(f"messages/{seed}")
    fleet = StoredFleet()
    fleet.queue(1, 2)
    results: Counter[str] = Counter()
    for _ in range(0, count, BATCH):
        consumer = MessageHandler(
            driver=fleet.driver(rng.choice(tuple(Role))),
            sqs=Visibility(),
            queue_url="queue",
            clock=fleet.clock,
            logger=Silent(),
            metrics=Counts(),
        )
        shapes = [rng.choice((NUDGE, NUDGE, FAILURE)) for _ in range(BATCH)]
        results += check(consumer, [body(one, rng) for one in shapes])
    return results
