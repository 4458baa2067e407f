"""What `ecsrunner status` shows, and how the live rows are summed up. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from cli.backlog import Queue
from cli.fleet.deployment import Deployed
from cli.image_sizes import ImageSize
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status
from shared.domain.slot.counter import Slots

_NUMBER = re.compile(r"\d+")


class Group(Struct, frozen=True, kw_only=True):
    """A number of runners.

    Attributes:
        longest_seconds: For how long the first of them has been so, in seconds; null without any.
    """

    count: int = 0
    longest_seconds: float | None = None


class Waiting(Struct, frozen=True, kw_only=True):
    """Runners that wait for the same reason. Texts that differ in numbers alone are one reason.

    Attributes:
        reason: What they wait for.
        longest_seconds: The longest wait in seconds.
    """

    reason: str
    count: int
    longest_seconds: float


class Live(Struct, frozen=True, kw_only=True):
    """The runners that have not ended.

    Attributes:
        running: Runners that are on a job.
        idle: Runners that are up and wait for their job.
        launching: Runners whose launch has begun.
        waiting: The others, the most frequent reason first.
    """

    running: Group = Group()
    idle: Group = Group()
    launching: Group = Group()
    waiting: tuple[Waiting, ...] = ()


class SlotsInUse(Struct, frozen=True, kw_only=True):
    """The slots.

    Attributes:
        held: Runners that hold one.
        awaited: Runners that wait for one.
    """

    held: int
    awaited: int
    max_runners: int | None


class CircuitState(Struct, frozen=True, kw_only=True):
    """The circuit breaker.

    Attributes:
        broken: The number of launches in a row that broke.
        is_open: Null if the number that opens it could not be read.
    """

    broken: int
    is_open: bool | None
    next_trial_at: datetime | None


class RateLimited(Struct, frozen=True, kw_only=True):
    """GitHub refuses launches with a credential.

    Attributes:
        credential: Its number or name; "" is the first one.
        until: Until when.
    """

    credential: str
    until: datetime


class Failure(Struct, frozen=True, kw_only=True):
    """A runner that has failed.

    Attributes:
        at: When it failed.
        reason: Why.
    """

    at: datetime
    runner_id: str
    job_id: int
    repository: str
    reason: str


class Alarm(Struct, frozen=True, kw_only=True):
    """An alarm in the state ALARM.

    Attributes:
        name: The alarm's name at CloudWatch.
        since: Since when; null if that is not known.
        description: What it means, and what to do.
    """

    name: str
    since: datetime | None
    description: str


class Overview(Struct, frozen=True, kw_only=True):
    """The state of a fleet at one time.

    Attributes:
        at: The time of the answer.
        fleet: The prefix; null if the name of the events table does not show it.
        live: The runners that have not ended.
        slots: The slots of `max_runners`.
        circuit: The circuit breaker of launches.
        rate_limits: The credentials that GitHub refuses now.
        failures: The runners that failed last, the newest first.
        alarms: Null if they could not be read.
        images: The runner images, the last used first; null if they could not be read.
        notes: What is left out, and why.
    """

    at: datetime
    fleet: str | None
    live: Live
    slots: SlotsInUse
    circuit: CircuitState
    rate_limits: tuple[RateLimited, ...]
    queues: tuple[Queue, ...]
    failures: tuple[Failure, ...]
    cli_version: str
    deployed_version: str | None
    alarms: tuple[Alarm, ...] | None
    images: tuple[ImageSize, ...] | None
    notes: tuple[str, ...]


def summed_up(rows: Iterable[RunnerRow], now: datetime) -> Live:
    """Return the live runners by what they do. Rows of runners that have ended are ignored."""
    since: dict[str, list[datetime]] = {"running": [], "idle": [], "launching": []}
    waiting: dict[str, list[RunnerRow]] = {}
    for row in rows:
        match row.status:
            case Status.RUNNING:
                since["running"].append(row.status_at)
            case Status.WAITING_FOR_JOB:
                since["idle"].append(row.status_at)
            case Status.STARTING | Status.IMAGE_CREATING:
                reason = waits_for(row)
                if reason is None:
                    since["launching"].append(row.launched_at or row.status_at)
                else:
                    waiting.setdefault(_NUMBER.sub("#", reason), []).append(row)
    groups = [_waiting(found, now) for found in waiting.values()]
    return Live(
        **{name: _group(times, now) for name, times in since.items()},
        waiting=tuple(sorted(groups, key=lambda one: (-one.count, one.reason))),
    )


def waits_for(row: RunnerRow) -> str | None:
    """Return what keeps a runner from being launched, or None if its launch has begun."""
    if row.stuck:
        return f"stuck: {row.stuck}"
    if row.awaits:
        return row.awaits
    if row.status == Status.IMAGE_CREATING:
        return f"the image {row.image_tag}"
    return "the scheduler" if row.launched_at is None else None


def slots_in_use(slots: Slots, deployed: Deployed) -> SlotsInUse:
    """Return the sums of the counter."""
    return SlotsInUse(held=slots.held, awaited=slots.awaited, max_runners=deployed.max_runners)


def breaker(slots: Slots, deployed: Deployed) -> CircuitState:
    """Return the state of the circuit breaker."""
    broken, most = slots.circuit.broken, deployed.circuit_failures
    return CircuitState(
        broken=broken,
        is_open=None if most is None else broken >= most,
        next_trial_at=slots.circuit.try_after,
    )


def rate_limits(slots: Slots, now: datetime) -> tuple[RateLimited, ...]:
    """Return the credentials that GitHub refuses now."""
    holding = slots.rate_limits.holding(now)
    return tuple(RateLimited(credential=name, until=until) for name, until in holding)


def failure(row: RunnerRow) -> Failure:
    """Return the failure that a row records."""
    return Failure(
        at=row.status_at,
        runner_id=row.runner_id,
        job_id=row.job_id,
        repository=row.repository,
        reason=row.failure_reason or "",
    )


def _group(since: list[datetime], now: datetime) -> Group:
    longest = _seconds(min(since), now) if since else None
    return Group(count=len(since), longest_seconds=longest)


def _waiting(rows: list[RunnerRow], now: datetime) -> Waiting:
    first = min(rows, key=_waits_since)
    return Waiting(
        reason=waits_for(first) or "",
        count=len(rows),
        longest_seconds=_seconds(_waits_since(first), now),
    )


def _waits_since(row: RunnerRow) -> datetime:
    return row.arrived_at or row.status_at


def _seconds(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
