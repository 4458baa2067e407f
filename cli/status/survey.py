"""Reads what `ecsrunner status` shows, by a bounded number of calls to AWS.

Two queries of the index of live rows (and a page more for each megabyte of them), one of the failed
ones, one read of the slot counter, two calls for each queue that is not empty and one for an empty
one, one for the alarms, one for the images and one for the configuration of the scheduler.
"""

from collections.abc import Callable
from importlib.metadata import version
from itertools import chain
from typing import TypeVar

from botocore.exceptions import ClientError
from msgspec.structs import asdict

from cli.backlog import Queue
from cli.doctor.errors import is_denied, is_missing
from cli.fleet.context import EVENTS_TABLE, QUEUE_URLS, Fleet
from cli.fleet.deployment import TABLE_END, Deployed, deployed, prefix_of
from cli.image_sizes import ImageSize, image_sizes
from cli.status.overview import (
    Alarm,
    Overview,
    breaker,
    failure,
    rate_limits,
    slots_in_use,
    summed_up,
)
from shared.domain.runner.status import Status
from shared.ports.queues import FAILED_EVENTS, dead_letters_of

T = TypeVar("T")

FAILURES = 5
"""The number of failures that are shown, the newest."""
MOST_ALARMS = 100
"""Source: Amazon CloudWatch API Reference, DescribeAlarms, `MaxRecords`."""


def survey(fleet: Fleet) -> Overview:
    """Return the state of the fleet now.

    Raises:
        Refused, Unavailable, ClientError, BotoCoreError: AWS refuses, or can't be reached.
    """
    notes: list[str] = []
    now = fleet.clock.now()
    prefix = _prefix(fleet, notes)
    live, slots = fleet.table.live(now), fleet.log.slots()
    found = _optional(notes, "the deployed version", lambda: deployed(fleet, prefix), prefix)
    scheduler = found or Deployed()
    return Overview(
        at=now,
        fleet=prefix or None,
        live=summed_up(live.rows, now),
        slots=slots_in_use(slots, scheduler),
        circuit=breaker(slots, scheduler),
        rate_limits=rate_limits(slots, now),
        queues=_queues(fleet),
        failures=tuple(map(failure, fleet.table.by_status(Status.FAILED, FAILURES))),
        cli_version=version("ecs-runner-fleet"),
        deployed_version=scheduler.version,
        images=_images(fleet, scheduler, notes),
        alarms=_optional(notes, "the alarms", lambda: _alarms(fleet, prefix), prefix),
        notes=tuple(notes),
    )


def _prefix(fleet: Fleet, notes: list[str]) -> str:
    """Return the prefix of the fleet, or "" with a note if the events table has another name."""
    prefix = prefix_of(fleet)
    if not prefix:
        notes.append(
            f"the deployed version and the alarms are left out: {EVENTS_TABLE} "
            f"{fleet.variable(EVENTS_TABLE)!r} does not end with {TABLE_END}, so the fleet's "
            "prefix is unknown"
        )
    return prefix


def _optional(notes: list[str], what: str, read: Callable[[], T], name: str) -> T | None:
    """Return what is read, or None with a note if it is not there or not permitted.

    Without the name of what is read, or the prefix of its name, nothing is read.
    """
    if not name:
        return None
    try:
        return read()
    except ClientError as error:
        if not is_denied(error) and not is_missing(error):
            raise
        notes.append(f"{what} can't be shown: {' '.join(str(error).split())}")
        return None


def _images(fleet: Fleet, scheduler: Deployed, notes: list[str]) -> tuple[ImageSize, ...] | None:
    uri = scheduler.image_uri
    return _optional(notes, "the images", lambda: image_sizes(fleet.client("ecr"), uri), uri)


def _alarms(fleet: Fleet, prefix: str) -> tuple[Alarm, ...]:
    found = fleet.client("cloudwatch").describe_alarms(
        AlarmNamePrefix=f"{prefix}-", StateValue="ALARM", MaxRecords=MOST_ALARMS
    )
    kinds = (found.get("MetricAlarms", []), found.get("CompositeAlarms", []))
    return tuple(
        Alarm(
            name=one["AlarmName"],
            since=one.get("StateUpdatedTimestamp"),
            description=one.get("AlarmDescription", ""),
        )
        for one in chain(*kinds)
    )


def _queues(fleet: Fleet) -> tuple[Queue, ...]:
    consumers = tuple(QUEUE_URLS)
    names = [
        *((one, "nudges", one) for one in consumers),
        *((dead_letters_of(one), "dead letters", one) for one in consumers),
        (FAILED_EVENTS, "failed events", "ingest"),
    ]
    return tuple(
        Queue(queue=name, holds=holds, consumer=consumer, **asdict(fleet.queues.depth(name)))
        for name, holds, consumer in names
    )
