"""The fleet's queues in simulated SQS, with the consumers' side: receiving and failing."""

import json
from itertools import count
from typing import Any

from cli.fleet.nudges import SqsNudges
from local.description import CONSUMERS
from shared.adapters.queues import SqsQueues
from shared.ports.queues import FAILED_EVENTS, dead_letters_of
from tests.simulated.agenda import Agenda
from tests.simulated.aws.fifo import Message, Queue
from tests.simulated.aws.sqs import SQS
from tests.simulated.names import DEAD_LETTERS, FLEET, QUEUES

_FAILED_EVENTS_URL = f"https://sqs.test/{FLEET.failed_events}"


class SimulatedQueues(SqsQueues):
    """`Queues`, all empty.

    Attributes:
        nudges: `Nudges` on the same queues.
        ages: The age in seconds of a queue's oldest message, by the queue's name in AWS.
    """

    def __init__(self, clock: Agenda) -> None:
        self._clock = clock
        self._ids = count(1)
        self._sqs = SQS(clock)
        urls = QUEUES | {dead_letters_of(name): url for name, url in DEAD_LETTERS.items()}
        for name in CONSUMERS:
            dead = self._sqs.create(Queue(DEAD_LETTERS[name]))
            self._sqs.create(Queue(QUEUES[name], dead=dead))
        self._sqs.create(Queue(_FAILED_EVENTS_URL, fifo=False))
        self.ages: dict[str, float] = {}
        client: Any = self._sqs
        urls |= {FAILED_EVENTS: _FAILED_EVENTS_URL}
        super().__init__(client, urls, age=self.ages.get, wait=0)
        self.nudges = SqsNudges(client, QUEUES)

    def bury(
        self, consumer: str, stream: str, event: str, *, receives: int = 20, message_id: str = ""
    ) -> None:
        """Add a dead letter: a nudge that its consumer received that many times."""
        now = self._clock.now()
        message = Message(
            id=message_id or f"message-{next(self._ids)}",
            body=json.dumps({"stream": stream, "event": event}),
            group=stream,
            sent_at=now,
            first_received_at=now,
            receives=receives,
        )
        self._sqs.queues[DEAD_LETTERS[consumer]].add(message)

    def fail(self, record: dict[str, Any]) -> None:
        """Add Lambda's record of a failed invocation to the queue of failed events."""
        self._sqs.send_message(QueueUrl=_FAILED_EVENTS_URL, MessageBody=json.dumps(record))

    def receive(self, consumer: str) -> None:
        """Receive one message as its consumer does, so that it is in flight."""
        self._sqs.receive_message(QueueUrl=QUEUES[consumer], MaxNumberOfMessages=1)

    def streams(self, consumer: str) -> list[str]:
        """Return the streams of all messages in the consumer's queue."""
        return [one.group for one in self._sqs.queues[QUEUES[consumer]].messages()]
