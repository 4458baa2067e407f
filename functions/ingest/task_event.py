"""Converts ECS's `Task State Change` event to a fact, or to the reason to ignore it. Pure.

Two states of a task are facts: it runs and is not to stop, or it has stopped. EventBridge sends no
other state, by the rule `task-events`. If the rule is changed, the log still gets no more events.

Source of the fields: Amazon ECS Developer Guide, "Amazon ECS task state change events".
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from functions.ingest.intake import Accepted, Ignored, Intake
from functions.ingest.settings import Settings
from shared.domain import events as e
from shared.domain.bounds import MAX_REASON, Link, Name, OptionalId, Reason, Time, Word, check_times
from shared.domain.names import own_runner
from shared.domain.stream import StreamId

DETAIL_TYPE = "ECS Task State Change"


class _Container(Struct, frozen=True, rename="camel"):
    name: Name = ""
    exit_code: Annotated[int, Meta(ge=-(2**31), lt=2**32)] | None = None
    reason: Reason = ""


class _Task(Struct, frozen=True, rename="camel"):
    task_arn: Link
    cluster_arn: Link
    last_status: Word
    version: OptionalId
    desired_status: Word = ""
    started_by: Name = ""
    started_at: Time | None = None
    stopping_at: Time | None = None
    stopped_at: Time | None = None
    updated_at: Time | None = None
    stop_code: Word = ""
    stopped_reason: Reason = ""
    containers: Annotated[tuple[_Container, ...], Meta(max_length=10)] = ()
    """At most ten in a task. Source: Amazon ECS Developer Guide, "Amazon ECS service quotas"."""


class _Event(Struct, frozen=True):
    detail: _Task


def read(event: dict[str, Any], settings: Settings, now: datetime) -> Intake:
    """Return the fact in the event, or why it is ignored.

    Raises:
        msgspec.ValidationError: the event is not a task's state change, or out of bounds.
    """
    task = msgspec.convert(event, _Event).detail
    check_times(
        now,
        {
            "$.detail.startedAt": task.started_at,
            "$.detail.stoppingAt": task.stopping_at,
            "$.detail.stoppedAt": task.stopped_at,
            "$.detail.updatedAt": task.updated_at,
        },
    )
    runner = own_runner(settings.prefix, task.started_by)
    if task.cluster_arn != settings.cluster:
        return Ignored(f"cluster {task.cluster_arn} is not this fleet's")
    if runner is None:
        return Ignored(f"the task was not started for a runner of this fleet: {task.started_by!r}")
    stream = StreamId.of_runner(runner)
    if task.last_status == "STOPPED":
        at = task.stopped_at or task.updated_at or now
        return Accepted(stream=stream, fact=_stopped(runner, task), at=at)
    if task.last_status != "RUNNING" or task.desired_status == "STOPPED":
        statuses = f"{task.last_status} (desired status: {task.desired_status or 'unknown'})"
        return Ignored(f"the task is {statuses}; only its start and its end are recorded")
    at = task.started_at or task.updated_at or now
    fact = e.TaskStarted(runner_id=runner, task_arn=task.task_arn, version=task.version)
    return Accepted(stream=stream, fact=fact, at=at)


def _stopped(runner: str, task: _Task) -> e.TaskStopped:
    codes = [one.exit_code for one in task.containers if one.exit_code is not None]
    reasons = [task.stopped_reason, *(one.reason for one in task.containers)]
    return e.TaskStopped(
        runner_id=runner,
        task_arn=task.task_arn,
        version=task.version,
        stop_code=task.stop_code,
        reason="; ".join(dict.fromkeys(filter(None, reasons)))[:MAX_REASON],
        exit_code=codes[0] if codes else None,
        stopping_at=task.stopping_at,
    )
