"""The events of stopping a runner: the intent, the deregistration, the call of StopTask."""

from shared.domain.event import Fact


class StopIntended(Fact, frozen=True, kw_only=True):
    """A stop of the runner is intended. A busy runner continues unless the stop is `forced`.

    `by_operator`: an operator requested it, so it is no sign that the runner is broken.
    """

    runner_id: str
    reason: str
    forced: bool = False
    by_operator: bool = False


class RunnerDeregistered(Fact, frozen=True, kw_only=True):
    """The runner is not registered at GitHub, so it takes no jobs. `outcome`: deleted or absent."""

    runner_id: str
    outcome: str


class RunnerFoundBusy(Fact, frozen=True, kw_only=True):
    """GitHub refused to delete the registration, because the runner is on a job."""

    runner_id: str


class TaskStopSent(Fact, frozen=True, kw_only=True):
    """StopTask was called."""

    runner_id: str
    task_arn: str
