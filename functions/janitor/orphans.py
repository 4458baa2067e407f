"""The sweep of orphans: tasks of the fleet that no runner owns. They cost money until they stop.

A crash between RunTask and the append of its outcome leaves no orphan: the runner is intended, and
driving its stream adopts the task. An orphan is a task of a runner that has ended, that is not in
the log, or that has another task.
"""

from datetime import datetime

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain import events as e
from shared.domain.decision import Decided
from shared.domain.history import JobHistory
from shared.domain.names import own_runner
from shared.domain.runner.state import RunnerPhase
from shared.domain.slot.rate_limit import FIRST
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.engine.transact import Snapshot, load
from shared.ports import Deletion, TaskView

MOST_TASKS = 20_000
"""Maximum number of task ARNs listed in one run: 200 calls of ListTasks."""
MOST_DESCRIBED = 1000
"""Maximum number of tasks described in one run, out of those that no live row names: 10 calls of
DescribeTasks. If there are more, each run describes others."""
MOST_SUSPECTS = 100
"""Maximum number of streams read in one run. If there are more, each run reads others."""


def orphan_tasks(janitor: Janitor) -> Swept:
    """Stop tasks that were started for a runner of the fleet and that no runner owns.

    Tasks that a live row names are skipped. For all others the stream decides.
    """
    known = {row.task_arn for row in janitor.rows_with_task()}
    unknown = sorted(set(janitor.deps.tasks.live(MOST_TASKS)) - known)
    tasks = janitor.deps.tasks.describe_many(janitor.rotated(unknown, MOST_DESCRIBED, str))
    latest = janitor.now() - janitor.grace
    suspects = [task for task in tasks.values() if _is_suspect(janitor, task, latest)]
    return janitor.each(
        janitor.rotated(suspects, MOST_SUSPECTS, lambda task: task.task_arn),
        lambda task: _repair(janitor, task),
        lambda task: task.task_arn,
    )


def _is_suspect(janitor: Janitor, task: TaskView, latest: datetime) -> bool:
    ours = own_runner(janitor.prefix, task.runner_id) is not None
    stopped = task.last_status == "STOPPED"
    return ours and not stopped and task.created_at is not None and task.created_at <= latest


def why_orphan(task: TaskView, state: State, latest: datetime) -> str | None:
    """Return why the task is an orphan; None if its runner owns it, or is about to.

    Args:
        latest: The task of a runner that ended later may still be listed although it stopped.
    """
    runner = state.runner(task.runner_id)
    if runner is None:
        return "the log has no such runner"
    if runner.phase is RunnerPhase.CLOSED:
        ended_lately = runner.closed_at is None or runner.closed_at > latest
        return None if ended_lately else "its runner is over"
    if runner.launched and runner.task_arn != task.task_arn:
        return f"its runner has another task, {runner.task_arn}"
    return None


def _repair(janitor: Janitor, task: TaskView) -> Outcome:
    history = load(janitor.deps.log, StreamId.of_runner(task.runner_id))
    if _reason(janitor, history, task) is not None:
        return _stop(janitor, history, task)
    runner = history.state.runner(task.runner_id)
    if runner is None or runner.launched or runner.phase is RunnerPhase.CLOSED:
        return Outcome.OK
    driven = janitor.driver.drive(history.stream)
    return Outcome.REPAIRED if driven.appended else Outcome.DEFERRED


def _reason(janitor: Janitor, history: JobHistory, task: TaskView) -> str | None:
    return why_orphan(task, history.state, janitor.now() - janitor.grace)


def _stop(janitor: Janitor, history: JobHistory, task: TaskView) -> Outcome:
    """Append `OrphanStopped`, then call StopTask.

    After a crash in between, the next run finds the task and the event, and calls StopTask again.
    In the other order, a crash would leave no record: a stopping task is not listed again.
    """
    if _may_be_busy(janitor, history, task):
        return Outcome.DEFERRED

    def decide(snapshot: Snapshot) -> Decided | None:
        reason = _reason(janitor, snapshot.history, task)
        if reason is None or not snapshot.history.seq:
            return None
        fact = e.OrphanStopped(runner_id=task.runner_id, task_arn=task.task_arn, reason=reason)
        return Decided(id=f"janitor/{task_id(task.task_arn)}/orphan", fact=fact)

    reason = _reason(janitor, janitor.record(history.stream, decide).history, task)
    if reason is None:
        return Outcome.OK
    janitor.deps.tasks.stop(task.task_arn, f"orphan: {reason}")
    return Outcome.REPAIRED


def task_id(task_arn: str) -> str:
    """Return the last part of a task's ARN, since an ARN may be too long for an event's id."""
    return task_arn.rpartition("/")[2]


def _may_be_busy(janitor: Janitor, history: JobHistory, task: TaskView) -> bool:
    """Return whether the task may run a job and has not exceeded its TTL.

    An idle task takes no jobs after this call, because its registration is deleted. The
    registration of a live runner with another task belongs to that task, so it stays. It is unknown
    which of the two tasks runs a job, so both are left until the runner has ended.
    """
    state = history.state
    runner = state.runner(task.runner_id)
    intent = runner.intent if runner else None
    if runner is not None and runner.phase is not RunnerPhase.CLOSED:
        return runner.phase is RunnerPhase.BUSY
    if state.job.details is None:
        return False
    repository = state.job.details.repository
    registrations = janitor.deps.registrations_of(intent.credential if intent else FIRST)
    found = registrations.find(repository, task.runner_id)
    number = found.github_runner_id if found else None
    if number is None or registrations.delete(repository, number) is not Deletion.BUSY:
        return False
    limits = intent.limits if intent else janitor.deps.policy().limits
    lived = (janitor.now() - task.created_at).total_seconds() if task.created_at else 0.0
    return lived <= limits.ttl
