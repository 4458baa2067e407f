"""Tasks that run in the cluster although nobody needs them. They cost money until they stop.

A crash between RunTask and the append of its outcome leaves no orphan: the runner is intended, and
its stream is driven, which adopts the task. An orphan is what the log says can't be: the task of a
runner that is over, that never was, or that has another task.
"""

from datetime import datetime

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain import events as e
from shared.domain.decision import Decided
from shared.domain.history import JobHistory
from shared.domain.names import own_runner
from shared.domain.runner.state import RunnerPhase
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.engine.transact import Snapshot, load
from shared.ports import Deletion, TaskView

MOST_TASKS = 20_000
"""Task ARNs listed in one run: at most 200 calls of ListTasks."""
MOST_DESCRIBED = 1000
"""Tasks described in one run, of those that no live row names: 10 calls of DescribeTasks. Of more,
other ones in the next run."""
MOST_SUSPECTS = 100
"""Streams read in one run; of more, other ones in the next run."""


def orphan_tasks(janitor: Janitor) -> Swept:
    """Stop tasks that bear the name of a runner of ours and belong to none.

    A task that a live row names is not looked at; of all others the stream decides.
    """
    known = {row.task_arn for row in janitor.live_rows()}
    unknown = sorted(set(janitor.deps.tasks.live(MOST_TASKS)) - known)
    tasks = janitor.deps.tasks.describe_many(janitor.rotated(unknown, MOST_DESCRIBED, str))
    latest = janitor.now() - janitor.grace
    suspects = [task for task in tasks.values() if _is_suspect(janitor, task, latest)]
    return janitor.each(
        janitor.rotated(suspects, MOST_SUSPECTS, lambda task: task.task_arn),
        lambda task: _mend(janitor, task),
        lambda task: task.task_arn,
    )


def _is_suspect(janitor: Janitor, task: TaskView, latest: datetime) -> bool:
    ours = own_runner(janitor.prefix, task.runner_id) is not None
    stopped = task.last_status == "STOPPED"
    return ours and not stopped and task.created_at is not None and task.created_at <= latest


def why_orphan(task: TaskView, state: State, latest: datetime) -> str | None:
    """Why the task belongs to nobody; None if it is, or is about to be, its runner's own.

    Args:
        latest: What ended after this may be listed although it has stopped.
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


def _mend(janitor: Janitor, task: TaskView) -> Outcome:
    history = load(janitor.deps.log, StreamId.of_runner(task.runner_id))
    if _reason(janitor, history, task) is not None:
        return _stop(janitor, history, task)
    runner = history.state.runner(task.runner_id)
    if runner is None or runner.launched or runner.phase is RunnerPhase.CLOSED:
        return Outcome.WELL
    driven = janitor.driver.drive(history.stream)
    return Outcome.MENDED if driven.appended else Outcome.LEFT


def _reason(janitor: Janitor, history: JobHistory, task: TaskView) -> str | None:
    return why_orphan(task, history.state, janitor.now() - janitor.grace)


def _stop(janitor: Janitor, history: JobHistory, task: TaskView) -> Outcome:
    """Record, then stop: the listing shows no task that is stopping.

    After a crash in between, the next run finds the task again and the event in its place, and asks
    ECS again. The other way round nothing would ever say why the task stopped.
    """
    if _may_be_busy(janitor, history, task):
        return Outcome.LEFT

    def decide(snapshot: Snapshot) -> Decided | None:
        reason = _reason(janitor, snapshot.history, task)
        if reason is None or not snapshot.history.seq:
            return None
        fact = e.OrphanStopped(runner_id=task.runner_id, task_arn=task.task_arn, reason=reason)
        return Decided(id=f"janitor/{task_id(task.task_arn)}/orphan", fact=fact)

    reason = _reason(janitor, janitor.record(history.stream, decide).history, task)
    if reason is None:
        return Outcome.WELL
    janitor.deps.tasks.stop(task.task_arn, f"orphan: {reason}")
    return Outcome.MENDED


def task_id(task_arn: str) -> str:
    """The last part of a task's ARN. The whole may be longer than an event's id."""
    return task_arn.rpartition("/")[2]


def _may_be_busy(janitor: Janitor, history: JobHistory, task: TaskView) -> bool:
    """Whether the task may be on a job, and has not outlived its TTL.

    If it is not, it takes no more jobs after this: its registration is deleted. That of a runner
    that has another task stays, for it is that one's. Which of the two is on a job nobody can
    tell, so both are left until the runner is over.
    """
    state, registrations = history.state, janitor.deps.registrations
    runner = state.runner(task.runner_id)
    if runner is not None and runner.phase is not RunnerPhase.CLOSED:
        return runner.phase is RunnerPhase.BUSY
    if state.job.details is None:
        return False
    repository = state.job.details.repository
    found = registrations.find(repository, task.runner_id)
    number = found.github_runner_id if found else None
    if number is None or registrations.delete(repository, number) is not Deletion.BUSY:
        return False
    plan = runner.plan if runner else None
    limits = plan.limits if plan else janitor.deps.policy().limits
    lived = (janitor.now() - task.created_at).total_seconds() if task.created_at else 0.0
    return lived <= limits.ttl
