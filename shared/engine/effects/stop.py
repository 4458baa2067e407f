"""Effects that stop a runner: deregister it, then stop its task. One call each, and its outcome."""

from shared.domain import events as e
from shared.domain.actions import CheckTask, Deregister, StopTask
from shared.domain.decision import Decided, Given
from shared.domain.runner.state import Runner
from shared.engine.dependencies import Dependencies
from shared.engine.effects import outcome
from shared.ports import Deletion, TaskView


def deregister(deps: Dependencies, _: Given, action: Deregister) -> Decided:
    """Delete the registration, so that the runner takes no more jobs. A busy runner keeps it."""
    return outcome.of_runner(action.runner, _deregistered(deps, action.runner))


def _deregistered(deps: Dependencies, runner: Runner) -> e.RunnerDeregistered | e.RunnerFoundBusy:
    if runner.intent is None:
        raise ValueError(f"{runner.id}: was never registered")
    repository, number = runner.intent.repository, runner.github_runner_id
    registrations = deps.registrations_of(runner.intent.credential)
    if number is None:
        found = registrations.find(repository, runner.id)
        number = found.github_runner_id if found else None
    answer = Deletion.ABSENT
    if number is not None:
        answer = registrations.delete(repository, number)
    if answer is Deletion.BUSY:
        return e.RunnerFoundBusy(runner_id=runner.id)
    return e.RunnerDeregistered(runner_id=runner.id, outcome=answer.value)


def stop_task(deps: Dependencies, _: Given, action: StopTask) -> Decided:
    """Call StopTask. The task's STOPPED event closes the runner."""
    return outcome.of_runner(action.runner, _stop_sent(deps, action.runner))


def _stop_sent(deps: Dependencies, runner: Runner) -> e.TaskStopSent:
    if runner.task_arn is None or runner.stop is None:
        raise ValueError(f"{runner.id}: has no task to stop or no reason to")
    deps.tasks.stop(runner.task_arn, runner.stop.reason)
    return e.TaskStopSent(runner_id=runner.id, task_arn=runner.task_arn)


def check_task(deps: Dependencies, _: Given, action: CheckTask) -> Decided:
    """Describe a task that should have stopped: record its end, or call StopTask again."""
    runner = action.runner
    if runner.task_arn is None:
        raise ValueError(f"{runner.id}: has no task to check")
    task = deps.tasks.describe(runner.task_arn)
    fact = task_end(runner, runner.task_arn, task) or _stop_sent(deps, runner)
    return outcome.of_runner(runner, fact)


def task_end(runner: Runner, task_arn: str, task: TaskView | None) -> e.TaskStopped | None:
    """Return the end of the runner's task as ECS describes it; None if it has not stopped.

    Args:
        task: The task's description; None if ECS no longer has the task.
    """
    if task is None:
        return e.TaskStopped(
            runner_id=runner.id,
            task_arn=task_arn,
            version=runner.task_version + 1,
            reason="ECS no longer knows the task",
        )
    if task.last_status != "STOPPED":
        return None
    return e.TaskStopped(
        runner_id=runner.id,
        task_arn=task_arn,
        version=task.version,
        stop_code=task.stop_code or "",
        reason=task.stopped_reason or "",
        exit_code=task.exit_code,
        stopping_at=task.stopping_at,
    )
