"""The log as the rules see it: each event is decoded once and each history folded once.

It follows the events table, as the outbox does. That no event is ever changed is a rule of its own.
"""

from collections.abc import Iterator
from typing import Any

from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.items import event_of
from shared.domain.events import Recorded
from shared.domain.history import ImageHistory, JobHistory, read, read_job
from shared.domain.stream import StreamId
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.expressions import Item
from tests.simulated.aws.paging import Direct
from tests.simulated.names import FLEET


class Onlooker(DynamoEventLog):
    """The log of a world, whose reads take no time and never fail."""

    def __init__(self, dynamodb: DynamoDB) -> None:
        client: Any = Direct(dynamodb)
        super().__init__(client, FLEET.events_table, FLEET.runners_table)
        self._recorded: dict[str, list[Recorded]] = {}
        self._histories: dict[str, Any] = {}

    def follow(self, item: Item) -> None:
        """Take note of a new event."""
        stream = item["stream"]["S"]
        self._recorded.setdefault(stream, []).append(event_of(item))
        self._histories.pop(stream, None)

    def read(self, stream: str) -> list[Recorded]:
        """See `EventLog.read`."""
        return list(self._recorded.get(stream, ()))

    def streams(self) -> Iterator[str]:
        """See `EventLog.streams`."""
        yield from list(self._recorded)

    def history(self, stream: str) -> Any:
        """The stream's history."""
        if stream not in self._histories:
            self._histories[stream] = read(stream, self.read(stream))
        return self._histories[stream]


def load_job(log: Onlooker, job_id: int) -> JobHistory:
    """The history of a job's stream."""
    history: JobHistory = log.history(StreamId.of_job(job_id))
    return history


def load_home(log: Onlooker, runner_id: str | None) -> JobHistory:
    """The history of the job that a runner was launched for; of none, one without events."""
    stream = StreamId.of_runner(runner_id) if runner_id else StreamId.of_job(1)
    history: JobHistory = log.history(stream) if runner_id else read_job(stream, ())
    return history


def load_image(log: Onlooker, tag: str) -> ImageHistory:
    """The history of an image's stream."""
    history: ImageHistory = log.history(StreamId.of_image(tag))
    return history
