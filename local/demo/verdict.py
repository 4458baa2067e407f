"""Checks once whether the demo ended as expected. It does not wait."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from cli.replay.comparison import drift
from cli.replay.drift import Tally
from cli.streams.stored import StoredStream
from local.demo.scenario import Outcome, Queued
from local.stack import Stack
from shared.domain.events import JobRejected, Recorded
from shared.domain.stream import StreamId
from shared.ports import EventLog, RunnersTable

LIVE = ("STARTING", "IMAGE_CREATING", "WAITING_FOR_JOB", "RUNNING")


def complaints(stack: Stack, jobs: Iterable[Queued], lost: Collection[str] = ()) -> list[str]:
    """Return the deviations from the expected final state, including those that time can resolve.

    Args:
        lost: Runners whose Spot task was interrupted. A job of such a runner can have failed.
    """
    return list(_complaints(stack, jobs, lost))


def is_over(stack: Stack, jobs: Iterable[Queued], lost: Collection[str] = ()) -> bool:
    """Return whether there is no deviation. It reads no further than to the first one."""
    return next(_complaints(stack, jobs, lost), None) is None


def _complaints(stack: Stack, jobs: Iterable[Queued], lost: Collection[str]) -> Iterator[str]:
    for one in jobs:
        yield from _job(one, stack.log, lost)
    yield from _tasks(stack)
    yield from _left_over(stack)


def drifting(streams: Iterable[StoredStream], log: EventLog, table: RunnersTable) -> list[str]:
    """Return the rows that differ from the log. Call it only after all activity has ended."""
    return [f"row {one.key} {one.kind}" for one in drift(streams, log, table, Tally())]


def _job(queued: Queued, log: EventLog, lost: Collection[str]) -> Iterator[str]:
    job, wanted = queued.job, queued.wanted
    if wanted.outcome is Outcome.RUN and job.conclusion == "failure" and job.runner_name in lost:
        return
    ended = (job.status, job.conclusion, job.runner_name is not None)
    expected, refused = {
        Outcome.RUN: (("completed", "success", True), False),
        Outcome.REFUSED: (("queued", None, False), True),
        Outcome.CANCELLED: (("completed", "cancelled", False), False),
    }[wanted.outcome]
    if ended != expected or _is_rejected(log.read(StreamId.of_job(job.id))) is not refused:
        yield f"job {job.id} ({wanted.name}) is {job.status}; expected: {wanted.outcome}"


def _is_rejected(stream: Iterable[Recorded]) -> bool:
    return any(isinstance(one.event.fact, JobRejected) for one in stream)


def _tasks(stack: Stack) -> Iterator[str]:
    tasks = stack.fargate.tasks()
    for runner_id, count in Counter(task["startedBy"] for task in tasks).items():
        if count > 1:
            yield f"{count} tasks were started for {runner_id}"
    for task in tasks:
        if task["lastStatus"] != "STOPPED":
            yield f"the task of {task['startedBy']} is {task['lastStatus']}"


def _left_over(stack: Stack) -> Iterator[str]:
    yield from map(str, stack.aws.violations.all())
    for runner in stack.github.actions.registered():
        yield f"runner {runner.name} is still registered at GitHub"
    for status in LIVE:
        for row in stack.table.by_status(status):
            yield f"runner {row.runner_id} is {status}"
    for name, count in stack.dead_letters().items():
        if count:
            yield f"{count} messages in the dead-letter queue {name}"
    deliveries = stack.github.hook.deliveries() if stack.github.hook else []
    arrived = {one.guid for one in deliveries if one.succeeded}
    for delivery in deliveries:
        if delivery.guid not in arrived:
            yield f"delivery {delivery.guid}: {delivery.status}"
