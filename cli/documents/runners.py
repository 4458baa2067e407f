"""The documents of the commands on runners."""

from msgspec import Struct

from cli.history.stored_events import StoredEvent
from shared.domain.projection import RunnerRow


class RunnerList(Struct, frozen=True, kw_only=True):
    """Runners, the one whose status changed last first."""

    runners: tuple[RunnerRow, ...] = ()
    complete: bool


class JobRunners(Struct, frozen=True, kw_only=True):
    """A job, and the runners that were launched for it, that ran it or that it waits for."""

    job_id: int
    runners: tuple[RunnerRow, ...]


class StoredEvents(Struct, frozen=True, kw_only=True):
    """The events of a job's stream as they are stored, or those that concern one of its runners.

    Attributes:
        subject: `job 7`, or the runner's id.
        runner_id: The runner that the events concern; null if all of the stream are there.
        events: In the order in which they were recorded.
    """

    subject: str
    job_id: int
    runner_id: str | None
    stream: str
    events: tuple[StoredEvent, ...]


class StopAnswer(Struct, frozen=True, kw_only=True):
    """What a request to stop a runner came to.

    Attributes:
        recorded: Whether the request is in the log; false if the same one was there before.
        event_id: The id of the event that records it; null if none was recorded.
        outlook: Sentences about what happens next.
        result: With --wait `ended`, or why the runner has not ended; else null.
        status: The runner's status after the wait; null without --wait.
    """

    runner_id: str
    recorded: bool
    event_id: str | None
    outlook: tuple[str, ...]
    result: str | None = None
    status: str | None = None


class JobStops(Struct, frozen=True, kw_only=True):
    """What a request to stop the live runners of a job came to."""

    job_id: int
    runners: tuple[StopAnswer, ...]
