"""Collects the depth of the queues, the dead letters with their jobs, and the failed events.

It reads the ports. `cli.render.queues` renders the result.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict, replace

from cli.history.wording import phrase_of
from shared.domain import events as e
from shared.domain.history import read
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from shared.ports import Clock, DeadLetter, Depth, EventLog, FailedEvent, Queues
from shared.ports.queues import FAILED_EVENTS, dead_letters_of


class Queue(Struct, frozen=True, kw_only=True):
    """One queue's depth, by the approximate counts of SQS.

    Attributes:
        queue: The name of the queue.
        holds: `nudges`, `dead letters` or `failed events`.
        waiting: Messages that can be received.
        in_work: Messages that were received and are not yet deleted.
        delayed: Messages that can be received later.
        oldest_seconds: The age of the oldest message in seconds; null if it is not known.
    """

    queue: str
    holds: str
    consumer: str
    waiting: int
    in_work: int
    delayed: int
    oldest_seconds: float | None

    @property
    def total(self) -> int:
        """The number of messages in the queue, in any state."""
        return self.waiting + self.in_work + self.delayed


class Letter(Struct, frozen=True, kw_only=True):
    """A dead letter of a consumer, and the last event of its stream.

    Attributes:
        event_id: The event that caused the nudge; null if the message has none.
        first_received_at: When a consumer first received it; null if that is not known.
        job_id: The job whose stream it is; null if it is no job's.
        last_recorded: The stream's last event in words; "" if there is none.
        last_recorded_at: When that happened; null if there is none.
        problem: Why the stream can't be read, or "".
    """

    consumer: str
    stream: str
    message_id: str
    event_id: str | None
    sent_at: datetime
    first_received_at: datetime | None
    receives: int
    job_id: int | None
    repository: str
    last_recorded: str
    last_recorded_at: datetime | None
    problem: str = ""

    @property
    def since(self) -> datetime:
        """The earliest known time of the nudge: its first receive, or when it was sent."""
        return min(self.sent_at, self.first_received_at or self.sent_at)


class Backlog(Struct, frozen=True, kw_only=True):
    """All queues, and the oldest dead letters and failed events.

    Attributes:
        dead_letters: The nudges that failed too often, the oldest of each consumer.
        failed_events: The events from AWS that ingest failed to record, the oldest.
    """

    queues: tuple[Queue, ...]
    dead_letters: tuple[Letter, ...]
    failed_events: tuple[FailedEvent, ...]

    @property
    def complete(self) -> bool:
        """Whether all failed messages are included, according to SQS's approximate counts."""
        return self.lost <= len(self.dead_letters) + len(self.failed_events)

    @property
    def lost(self) -> int:
        """The number of messages that no consumer will handle until an operator acts."""
        return sum(one.total for one in self.queues if one.holds != "nudges")


def survey(
    queues: Queues, log: EventLog, clock: Clock, consumers: Sequence[str], limit: int
) -> Backlog:
    """Return the backlog, with at most `limit` failed messages of each queue."""
    live = [_queue(name, "nudges", name, queues.depth(name)) for name in consumers]
    lost: list[Queue] = []
    letters: list[Letter] = []
    for name in consumers:
        depth = queues.depth(dead_letters_of(name))
        # A receive from an empty queue takes a second, so it is skipped.
        seen = queues.dead(name, limit) if depth.total else []
        depth = _seen(depth, [one.sent_at for one in seen], clock.now())
        lost.append(_queue(dead_letters_of(name), "dead letters", name, depth))
        letters += [_letter(log, name, one) for one in seen]
    depth = queues.depth(FAILED_EVENTS)
    failed = queues.failed_events(limit) if depth.total else []
    depth = _seen(depth, [one.sent_at for one in failed], clock.now())
    lost.append(_queue(FAILED_EVENTS, "failed events", "ingest", depth))
    return Backlog(queues=(*live, *lost), dead_letters=tuple(letters), failed_events=tuple(failed))


def _seen(depth: Depth, sent: Sequence[datetime], now: datetime) -> Depth:
    """Correct the depth by the messages received, which are exact; SQS's counts are approximate."""
    if not sent:
        return depth
    age = max(0.0, (now - min(sent)).total_seconds())
    return replace(depth, waiting=max(depth.waiting, len(sent)), oldest_seconds=age)


def _queue(name: str, holds: str, consumer: str, depth: Depth) -> Queue:
    return Queue(queue=name, holds=holds, consumer=consumer, **asdict(depth))


def _letter(log: EventLog, consumer: str, letter: DeadLetter) -> Letter:
    stream = StreamId.parse(letter.stream)
    try:
        recorded = log.read(stream) if stream else []
        state = read(stream, recorded).state if stream else None
        details = state.job.details if isinstance(state, State) else None
    except Unreadable as error:
        recorded, details, problem = [], None, str(error)
    else:
        problem = ""
    last = next((one.event for one in reversed(recorded) if _is_shown(one)), None)
    phrase = phrase_of(last.fact) if last else None
    return Letter(
        consumer=consumer,
        job_id=stream.job_id if stream else None,
        repository=details.repository if details else "",
        last_recorded=": ".join(filter(None, (phrase.what, phrase.why))) if phrase else "",
        last_recorded_at=last.at if last else None,
        problem=problem,
        stream=letter.stream,
        message_id=letter.message_id,
        event_id=letter.event,
        sent_at=letter.sent_at,
        first_received_at=letter.first_received_at,
        receives=letter.receives,
    )


def _is_shown(one: e.Recorded) -> bool:
    """Return whether the event is other than `JobStuck`, which repeats what the letter shows."""
    return not isinstance(one.event.fact, e.JobStuck)
