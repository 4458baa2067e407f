"""Follows a job or a runner: yields its events as they are recorded, until it has ended."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from shared.domain.events import Recorded
from shared.domain.history import read_job
from shared.domain.job.state import JobPhase
from shared.domain.runner.state import RunnerPhase
from shared.domain.stream import StreamId

POLL_SECONDS = 1.0
_ENDED = (JobPhase.COMPLETED, JobPhase.REFUSED)


class News(NamedTuple):
    """All events of the stream, of which those after the sequence number `after` are new."""

    recorded: Sequence[Recorded]
    after: int


def followed(
    read: Callable[[], Sequence[Recorded]],
    has_ended: Callable[[Sequence[Recorded]], bool],
    pause: Callable[[float], None],
) -> Iterator[News]:
    """Yield the events of a stream, and then again whenever there are new ones.

    It ends when the subject has ended and the next read has no new events: the last ones, such as
    the release of the slot, are recorded a moment later.

    Args:
        read: Reads all events of the stream.
    """
    seen = 0
    while True:
        recorded = read()
        if len(recorded) > seen:
            yield News(recorded, seen)
            seen = len(recorded)
        elif has_ended(recorded):
            return
        pause(POLL_SECONDS)


def has_ended(stream: StreamId, recorded: Sequence[Recorded], runner_id: str | None) -> bool:
    """Return whether that runner of the stream has ended, or else the job and all its runners."""
    state = read_job(stream, recorded).state
    runners = [one for one in state.runners if runner_id in (None, one.id)]
    closed = all(one.phase is RunnerPhase.CLOSED for one in runners)
    return closed and (runner_id is not None or state.job.phase in _ENDED)
