"""What the cause of a wait depends on outside of the job's stream: slots, image, breaker. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from cli.streams.stored import StoredStream
from shared.domain.image.state import Image
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Slots

BROKEN_NAMED = 5
"""Maximum number of broken launches that are listed."""
_MOST = re.compile(r"all (\d+) runners that max_runners allows")
"""The limit as the reason of `SlotAwaited` names it; see `shared/domain/slot/counter.py`."""


class Line(Struct, frozen=True, kw_only=True):
    """The jobs that wait for a slot, in order of arrival.

    Attributes:
        position: The job's place, from 1; null if it is not among the first `waiting`.
        waiting: The number of jobs that were read.
        complete: Whether these are all.
        held: The number of runners that hold a slot.
        max_runners: The limit when the job began to wait, if the reason of its wait names it.
    """

    position: int | None
    waiting: int
    complete: bool
    held: int
    max_runners: int | None


class AwaitedImage(Struct, frozen=True, kw_only=True):
    """The image that the job waits or waited for, and its last build.

    Attributes:
        image_tag: Its tag in the registry.
        base: The base that the job asked for.
        state: The state of the image, such as `building`.
        build_number: The number of its last build; 0 before any.
        build_id: The build's id at CodeBuild.
        build_started_at: When the build began.
        log_url: The log of the build.
        retry_at: When a failed build is started again; null if it is not.
        jobs_waiting: The number of jobs that wait for it.
    """

    stream: str
    image_tag: str
    base: str
    state: str
    build_number: int
    build_id: str
    build_started_at: datetime | None
    log_url: str
    reason: str
    retry_at: datetime | None
    jobs_waiting: int


class BrokenLaunch(Struct, frozen=True, kw_only=True):
    """A runner that ended before it took a job.

    Attributes:
        at: When it ended.
    """

    runner_id: str
    at: datetime
    reason: str


class Breaker(Struct, frozen=True, kw_only=True):
    """The circuit breaker.

    Attributes:
        broken: The number of launches in a row that broke.
        launches: The last broken ones, newest first.
    """

    broken: int
    next_trial_at: datetime | None
    launches: tuple[BrokenLaunch, ...]


def line(job_id: int, order: Sequence[int], most: int, slots: Slots, reason: str) -> Line:
    """Return the job's place among the waiting ones, of which at most `most` were read."""
    named = _MOST.search(reason)
    return Line(
        position=order.index(job_id) + 1 if job_id in order else None,
        waiting=len(order),
        complete=len(order) < most,
        held=slots.held,
        max_runners=int(named[1]) if named else None,
    )


def awaited_image(stream: StoredStream) -> AwaitedImage | None:
    """Return the image whose stream that is; None if it is another kind of stream.

    Raises:
        Unreadable: an event is missing, or the events can't be folded.
    """
    image = stream.history().state
    if not isinstance(image, Image):
        return None
    return AwaitedImage(
        stream=stream.stream,
        image_tag=image.tag,
        base=image.base,
        state=image.phase.value,
        build_number=image.number,
        build_id=image.build_id,
        build_started_at=image.started_at,
        log_url=image.log_url,
        reason=image.reason,
        retry_at=image.retry_at,
        jobs_waiting=len(image.waiters),
    )


def breaker(slots: Slots, ended: Iterable[RunnerRow]) -> Breaker:
    """Return the circuit breaker. `ended` are rows of failed runners, newest first."""
    broken = [row for row in ended if row.task_arn and row.ran_job_id is None and not row.stopping]
    shown = broken[: min(slots.circuit.broken, BROKEN_NAMED)]
    return Breaker(
        broken=slots.circuit.broken,
        next_trial_at=slots.circuit.try_after,
        launches=tuple(
            BrokenLaunch(runner_id=row.runner_id, at=row.status_at, reason=row.failure_reason or "")
            for row in shown
        ),
    )
