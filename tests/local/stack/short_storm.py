"""A short storm on the local stack, in a repository of its own, and what its driver planted."""

from typing import Any

from shared.domain.projection import RunnerRow
from tests.local.stack.support import Up, until

SMALL = ("self-hosted",)
LARGE, XL = (*SMALL, "class:large"), (*SMALL, "class:xl")
WORDS = "the container of job"
PLANTED = "stopped from outside"
_UNASSIGNED = 7_200_001
"""A job that GitHub does not know, so that nothing runs on its runner."""


class ShortStorm:
    """Jobs of two classes, of which some fail, and a runner whose task is stopped from outside.

    Attributes:
        stopped: The runner whose task was stopped.
        small: Jobs of the default class that succeed. Each prints `WORDS` and its number.
        large: Jobs of another class that succeed.
        failing: A job whose script fails.
        refused: Jobs of a class that does not exist.
    """

    repository = "octo-org/storm"

    def __init__(self, up: Up) -> None:
        self._up = up
        self.stopped = self._stop_a_task(_UNASSIGNED)
        self.small = [self._queue(f"echo {WORDS} {n}; sleep 1") for n in range(5)]
        self.large = [self._queue("sleep 1", LARGE) for _ in range(2)]
        self.failing = self._queue("exit 3")
        self.refused = [self._queue("true", XL) for _ in range(2)]
        for job_id in self.ran:
            up.ends(job_id)
        for job_id in self.refused:
            until(lambda job_id=job_id: "JobRejected" in up.types(job_id), "it is refused")

    @property
    def ran(self) -> list[int]:
        """The jobs that ran, whether they failed or not."""
        return [*self.small, *self.large, self.failing]

    @property
    def jobs(self) -> list[int]:
        """All jobs."""
        return [_UNASSIGNED, *self.ran, *self.refused]

    def _queue(self, script: str, labels: tuple[str, ...] = SMALL) -> int:
        return self._up.queue(script, labels, self.repository)

    def _stop_a_task(self, job_id: int) -> str:
        """Have a runner launched, stop its task once it runs, and cancel the job."""
        up = self._up
        assert up.deliver("queued", job_id, [f"q-{job_id}"], repository=self.repository) == [202]
        task = until(lambda: self._running(job_id), "its task runs")
        up.ecs.stop_task(cluster=up.names.cluster, task=task["taskArn"], reason=PLANTED)
        until(lambda: "TaskStopped" in up.types(job_id), "the end of the task is recorded")
        cancelled = {"repository": self.repository, "conclusion": "cancelled"}
        up.deliver("completed", job_id, [f"c-{job_id}"], **cancelled)
        until(lambda: all(map(_is_over, up.rows(job_id))), "its runners are over")
        return str(task["startedBy"])

    def _running(self, job_id: int) -> dict[str, Any] | None:
        tasks = self._up.tasks(job_id)
        return next((one for one in tasks if one["lastStatus"] == "RUNNING"), None)


def _is_over(row: RunnerRow) -> bool:
    return row.status in ("OFFLINE", "FAILED") and not row.deadline
