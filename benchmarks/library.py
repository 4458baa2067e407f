"""The same events in the library `eventsourcing`, for comparison.

An aggregate of it keeps each fact as it is: it has no state machine, checks no time, and returns no
next action, so it does less than ours. Its events are in memory, as JSON, which is its default.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class _Job(Aggregate):
    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.facts: dict[str, Mapping[str, Any]] = {}

    @event("Recorded")
    def record(self, fact: Mapping[str, Any]) -> None:
        self.facts[fact["type"]] = fact


class Library:
    """Aggregates with the events of streams.

    Args:
        streams: The events of each stream, as parsed from their JSON.
    """

    def __init__(self, streams: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._application: Application[UUID] = Application()
        jobs = [_job(name, events) for name, events in streams.items()]
        self._application.save(*jobs)
        self._ids = [one.id for one in jobs]

    def rebuild(self) -> list[_Job]:
        """Return all aggregates, rebuilt from their stored events."""
        return [self._application.repository.get(one) for one in self._ids]


def _job(stream: str, events: Sequence[Mapping[str, Any]]) -> _Job:
    job = _Job(stream)
    for one in events:
        job.record(one)
    return job
