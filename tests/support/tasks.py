"""Simulated ECS without timers."""

from tests.simulated.agenda import Agenda
from tests.simulated.aws.ecs import ECS, STOP_TIMEOUT, Program, Task
from tests.simulated.names import CLUSTER
from tests.simulated.weather import Weather

_TERMINATED = 143
"""The exit code of a process that SIGTERM ended."""


class TasksByHand(ECS):
    """ECS whose tasks only tests start and end. A task is STOPPED as soon as it is stopped."""

    def __init__(self, clock: Agenda, cluster: str = CLUSTER) -> None:
        super().__init__(clock, Weather(), cluster)
        self.program = _Nothing()

    def runs(self, arn: str) -> None:
        """Start the task's process unless it has started."""
        if self.tasks[arn]["lastStatus"] == "PROVISIONING":
            self._pend(arn)
            self._run(arn)

    def exits(self, arn: str, code: int) -> None:
        """End the task's process, after a start if it has not started."""
        self.runs(arn)
        super().exits(arn, code)
        self._over(arn, code)

    def stop(self, arn: str, code: str, reason: str, *, notice: float = STOP_TIMEOUT) -> None:
        """See `ECS.stop`."""
        has_process = self.tasks[arn]["lastStatus"] == "RUNNING"
        super().stop(arn, code, reason, notice=notice)
        self._over(arn, _TERMINATED if has_process else None)

    def _over(self, arn: str, code: int | None) -> None:
        if self.tasks[arn]["lastStatus"] != "STOPPED":
            self._end(arn, code)
            self._stopped(arn)


class _Nothing(Program):
    """A program that always starts and does nothing."""

    def pulled(self, task: Task) -> str | None:
        return None

    def started(self, task: Task) -> None:
        pass

    def terminated(self, task: Task) -> None:
        pass

    def killed(self, task: Task) -> None:
        pass
