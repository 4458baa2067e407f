"""What an append measures: waits, failures, lost webhooks, what a task is billed for. Pure.

`shared.reporting` adds the figures of an event to its line of the log, where the dashboard counts
them (ADR 33). They are those of `ecsrunner stats`, as far as the stream has them at that time.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from math import ceil
from typing import Any

from shared.domain import events as e
from shared.domain.image.state import Image, ImagePhase
from shared.domain.state import State

Figures = dict[str, Any]
"""Texts and numbers by field. Durations in seconds, `cpu` in CPU units, `memory` in MiB."""

JANITOR = "janitor"
"""The actor of the facts that the Janitor records, also of those that a webhook should report."""
_MINIMUM_BILLED = 60
"""Source: https://aws.amazon.com/fargate/pricing/ (billed by the second, at least a minute)."""
_BUILD_ENDS = (e.ImageBuildStarted, e.ImageBuildEnded, e.ImageBuildFailed, e.ImageBuilt)
"""Facts that may end a build, since the end of one may be recorded before its start."""
_UNDER_WAY = (ImagePhase.INTENDED, ImagePhase.BUILDING, ImagePhase.PUSHED)
_BUILD_OUTCOMES = {ImagePhase.BUILT: "succeeded", ImagePhase.FAILED: "failed"}


def measures(before: Any, after: Any, event: e.Event) -> Figures:
    """Return the figures of an event.

    Args:
        before: The state of the event's stream before the append.
        after: The state after it. No append has two events that end the same wait.
    """
    fact = event.fact
    if isinstance(after, Image):
        return _build(before, after, event.at) if isinstance(fact, _BUILD_ENDS) else {}
    if isinstance(fact, e.JobStarted | e.JobCompleted) and not is_from_webhook(event):
        return _supplied(before, after)
    measure = _OF_JOBS.get(type(fact))
    return measure(before, after, fact) if measure else {}


def is_from_webhook(event: e.Event) -> bool:
    """Return whether a webhook reported the fact about a job. Else it was read from GitHub."""
    fact = event.fact
    found = isinstance(fact, e.JobChecked) or (isinstance(fact, e.JobQueued) and fact.found)
    return not found and event.actor != JANITOR


def _build(before: Image, after: Image, at: datetime) -> Figures:
    """Return outcome and duration of a build, from the intent to the event that decides it."""
    outcome = _BUILD_OUTCOMES.get(after.phase)
    if before.phase not in _UNDER_WAY or outcome is None or after.intended_at is None:
        return {}
    return {"base": after.base, "build": outcome, "build_seconds": _seconds(after.intended_at, at)}


def _job_queued(before: State, after: State, fact: e.JobQueued) -> Figures:
    """The Janitor found the job; -1 if its webhook arrives after all."""
    figures = {} if before.job.queued_at else _queue_time(after)
    if fact.found:
        return figures | {"lost_queued": 1}
    return figures | ({"lost_queued": -1} if before.job.is_webhook_due else {})


def _job_started(before: State, after: State, _: e.JobStarted) -> Figures:
    late = before.job.started_at is not None
    return {"lost_in_progress": -1} if late else _queue_time(after)


def _job_completed(before: State, after: State, _: e.JobCompleted) -> Figures:
    late = before.job.completed_at is not None
    return _unreported_start(before, after) | ({"lost_completed": -1} if late else {})


def _supplied(before: State, after: State) -> Figures:
    """Return the figures of a start or an end that was read from GitHub.

    Whether the webhook of the job's queueing was lost, too, is not known then: of a job that the
    fleet does not serve, but whose runner took it, the webhook is ignored.
    """
    ended = before.job.completed_at is None and after.job.completed_at is not None
    return _unreported_start(before, after) | ({"lost_completed": 1} if ended else {})


def _unreported_start(before: State, after: State) -> Figures:
    """Return the figures of a start that no webhook `in_progress` has reported by now."""
    if before.job.started_at is not None or after.job.started_at is None:
        return {}
    return _queue_time(after) | {"lost_in_progress": 1}


def _queue_time(state: State) -> Figures:
    """Return the time from GitHub's queue to the start, of a job of which both are known."""
    job = state.job
    if job.started_at is None or job.queued_at is None:
        return {}
    return _class(state) | {"queue_seconds": _seconds(job.queued_at, job.started_at)}


def _task_started(before: State, after: State, fact: e.TaskStarted) -> Figures:
    """Return the time from the recorded webhook to the job's first running task."""
    runner, arrived = after.runner(fact.runner_id), after.job.arrived_at
    if runner is None or runner.running_at is None or arrived is None:
        return {}
    known = any(one.running_at and one.running_at >= arrived for one in before.runners)
    if known or runner.running_at < arrived:  # a job that is queued again has another arrival
        return {}
    return _class(after) | {"launch_seconds": _seconds(arrived, runner.running_at)}


def _launch_failed(_: State, __: State, fact: e.LaunchFailed) -> Figures:
    if fact.held_back:
        return {"failure": "held back"}
    return {"failure": "no capacity" if fact.no_capacity else "launch failed"}


def _task_stopped(before: State, after: State, fact: e.TaskStopped) -> Figures:
    """Return what Fargate bills for the task, and whether it failed, if its end is new.

    The intent to launch, from which on it counts, is some seconds before the image's pull.
    """
    old, runner = before.runner(fact.runner_id), after.runner(fact.runner_id)
    if runner is None or runner.intent is None or (old and old.closed_at):
        return {}
    if runner.intended_at is None or runner.closed_at is None:
        return {}
    seconds = ceil((runner.closed_at - runner.intended_at).total_seconds())
    figures: Figures = {"failure": "task failed"} if runner.failed else {}
    return figures | {
        "class_name": runner.intent.class_name,
        "capacity": runner.intent.capacity,
        "cpu": runner.intent.cpu,
        "memory": runner.intent.memory,
        "billed_seconds": max(_MINIMUM_BILLED, seconds),
    }


def _slot_awaited(_: State, __: State, fact: e.SlotAwaited) -> Figures:
    return {"circuit": "waiting"} if fact.circuit else {}


def _slot_freed(_: State, __: State, fact: e.SlotFreed) -> Figures:
    return {"circuit": "opened"} if fact.circuit_opened else {}


def _class(state: State) -> Figures:
    """Return the class of the job's last launch; nothing before any."""
    classes = [runner.intent.class_name for runner in state.runners if runner.intent]
    return {"class_name": classes[-1]} if classes else {}


def _seconds(begin: datetime, end: datetime) -> float:
    """Return a duration, to the millisecond. Clocks differ, so it may be negative: then 0."""
    return round(max(0.0, (end - begin).total_seconds()), 3)


_OF_JOBS: Mapping[type[e.Fact], Callable[[State, State, Any], Figures]] = {
    e.JobQueued: _job_queued,
    e.JobStarted: _job_started,
    e.JobCompleted: _job_completed,
    e.JobChecked: lambda before, after, _: _supplied(before, after),
    e.JobRejected: lambda _, __, ___: {"failure": "refused"},
    e.JobGivenUp: lambda _, __, ___: {"failure": "given up"},
    e.TaskStarted: _task_started,
    e.TaskStopped: _task_stopped,
    e.LaunchFailed: _launch_failed,
    e.SlotAwaited: _slot_awaited,
    e.SlotFreed: _slot_freed,
    e.CircuitClosed: lambda _, __, ___: {"circuit": "closed"},
}
