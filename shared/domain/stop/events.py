"""Stopping a runner: the request, the deregistration, the call of StopTask."""

from shared.domain.event import Fact


class StopIntended(Fact, frozen=True, kw_only=True):
    """The runner is to stop; a busy one is left alone unless `forced`.

    `by_operator`: somebody asked for it, so it says nothing about the runner.
    """

    runner_id: str
    reason: str
    forced: bool = False
    by_operator: bool = False


class RunnerDeregistered(Fact, frozen=True, kw_only=True):
    """GitHub no longer knows the runner, so it takes no more jobs. `outcome`: deleted or absent."""

    runner_id: str
    outcome: str


class RunnerFoundBusy(Fact, frozen=True, kw_only=True):
    """GitHub would not delete the registration: the runner is on a job."""

    runner_id: str


class TaskStopSent(Fact, frozen=True, kw_only=True):
    """ECS was asked to stop the task."""

    runner_id: str
    task_arn: str
