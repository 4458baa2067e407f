"""What was decided and done to end a runner, or to give a job none."""

from shared.domain.events.fact import Fact


class JobRejected(Fact, frozen=True, kw_only=True):
    """The job gets no runner, and why."""

    reason: str


class JobGivenUp(Fact, frozen=True, kw_only=True):
    """The job's runners died too often; it gets no more of them."""

    reason: str


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
