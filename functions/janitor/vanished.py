"""The sweep of vanished tasks: live runners whose task has stopped, but whose event was lost."""

from collections.abc import Iterable
from datetime import datetime

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.actions import Role
from shared.domain.decision import Decided
from shared.domain.events import Recorded
from shared.domain.projection import RunnerRow
from shared.domain.runner.state import RunnerPhase
from shared.domain.stream import StreamId
from shared.engine.effects.stop import task_end
from shared.engine.transact import Snapshot
from shared.ports import TaskView

MOST_ROWS = 1000
"""Maximum number of rows checked in one run: 10 calls of DescribeTasks. If there are more, each run
checks others."""


def vanished_tasks(janitor: Janitor) -> Swept:
    """Record the end of tasks that have stopped, or that ECS no longer has.

    The append nudges the reconciler, as ECS's own event would.
    """
    latest = janitor.now() - janitor.grace
    rows = janitor.rows_with_task()
    due = [row for row in rows if row.launched_at and row.launched_at <= latest]
    looked_at = janitor.rotated(due, MOST_ROWS, lambda row: row.runner_id)
    old = {row.task_arn: row for row in looked_at}
    tasks = janitor.deps.tasks.describe_many([arn for arn in old if arn])
    suspects = [
        (row, tasks.get(arn)) for arn, row in old.items() if arn and _is_gone(tasks.get(arn))
    ]
    return janitor.each(
        suspects, lambda found: _repair(janitor, *found), lambda found: found[0].runner_id
    )


def named_at(recorded: Iterable[Recorded], task_arn: str) -> datetime | None:
    """Return when the first event that names the task was recorded, or None."""
    return next(
        (
            one.event.recorded_at
            for one in recorded
            if getattr(one.event.fact, "task_arn", None) == task_arn
        ),
        None,
    )


def _is_gone(task: TaskView | None) -> bool:
    return task is None or task.last_status == "STOPPED"


def _repair(janitor: Janitor, row: RunnerRow, task: TaskView | None) -> Outcome:
    """Record the end, if the stream still has a live runner with this task.

    ECS may not return a task that was just started, and its own event of the end may be in transit.
    So both get the grace period.
    """
    stream = StreamId.of_job(row.job_id)
    since = (task.stopped_at if task else None) or _named_at(janitor, stream, row.task_arn)
    if since is None or since > janitor.now() - janitor.grace:
        return Outcome.OK

    def decide(snapshot: Snapshot) -> Decided | None:
        runner = snapshot.history.state.runner(row.runner_id)
        if runner is None or runner.phase is RunnerPhase.CLOSED:
            return None
        if runner.task_arn is None or runner.task_arn != row.task_arn:
            return None
        fact = task_end(runner, runner.task_arn, task)
        if fact is None:
            return None
        at = task.stopped_at if task else None
        return Decided(id=f"janitor/{runner.id}/vanished/{fact.version}", fact=fact, at=at)

    done = janitor.record(stream, decide, Role.RECONCILER)
    return Outcome.REPAIRED if done.event else Outcome.OK


def _named_at(janitor: Janitor, stream: str, task_arn: str | None) -> datetime | None:
    return named_at(janitor.deps.log.read(stream), task_arn) if task_arn else None
