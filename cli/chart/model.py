"""The data of a chart: rows of phases, what went wrong, and how many slots were in use. Pure.

Times are in UTC and durations in seconds. Phases, and rows, may begin before the chart's axis and
end after it.
"""

from datetime import datetime

from msgspec import Struct

from cli.chart.kinds import Kind


class Bar(Struct, frozen=True, kw_only=True):
    """One phase of a job or a runner.

    Attributes:
        kind: What it does in it.
        name: The phase in words.
        start: Its begin.
        end: Its end; null if it is the present one.
        seconds: Its duration in seconds; until `now`, without an end.
    """

    kind: Kind
    name: str
    why: str
    start: datetime
    end: datetime | None
    seconds: float


class Incident(Struct, frozen=True, kw_only=True):
    """A fault, or a notice that the fleet sent about one.

    Attributes:
        kind: The kind of the fault or of the notice.
        is_notice: Whether it is a notice.
    """

    at: datetime
    kind: str
    reason: str
    is_notice: bool = False


class Row(Struct, frozen=True, kw_only=True):
    """One runner, and the job that it was launched for while that waited for a runner.

    Attributes:
        runner_id: Null for a job that never had a runner.
        status: The runner's status; of a job without one, the job's state.
        outcome: Why it failed or was stopped, or how the job on it ended; empty before.
        labels: The labels of the runner, or of a job without one.
        class_name: The runner's class; "" before its launch.
        capacity: The capacity provider; "" before its launch.
        ran_job_id: The job that ran on the runner, which may be another one than `job_id`.
        ran_on: The runner that ran the job, which may be another one than `runner_id`.
        begin: When the runner was planned. A job's first one is planned when the job is queued.
        end: Null while the runner, or the job that waits, has not ended.
        waits: The phases in which the job waited, while this runner was its newest one.
        bars: The phases of the runner.
        incidents: What went wrong.
    """

    runner_id: str | None
    job_id: int
    status: str
    outcome: str
    repository: str
    workflow: str
    job_name: str
    url: str
    labels: tuple[str, ...]
    class_name: str
    capacity: str
    ran_job_id: int | None
    ran_on: str | None
    begin: datetime
    end: datetime | None
    waits: tuple[Bar, ...]
    bars: tuple[Bar, ...]
    incidents: tuple[Incident, ...]

    @property
    def id(self) -> str:
        """The runner's id, or "job" and the job's."""
        return self.runner_id or f"job {self.job_id}"

    @property
    def ran_elsewhere(self) -> bool:
        """Whether the job ran on another runner than this one."""
        return self.ran_on is not None and self.ran_on != self.runner_id


class Swap(Struct, frozen=True, kw_only=True):
    """GitHub gave a runner to another job than the one that waited for it.

    Attributes:
        at: When the other job took it.
        job_id: The job that took it.
        runner_id: The runner.
        displaced_job_id: The job that waited for it.
        spare_runner_id: The runner that the first job no longer needs, if there is one.
        is_spare_given: Whether the displaced job gets the spare runner.
    """

    at: datetime
    job_id: int
    runner_id: str
    displaced_job_id: int
    spare_runner_id: str | None
    is_spare_given: bool


class Count(Struct, frozen=True):
    """A number from a time on, until that of the next one.

    Attributes:
        at: From when on.
        value: The number.
    """

    at: datetime
    value: int


class Chart(Struct, frozen=True, kw_only=True):
    """Runners, the newest first, on a time axis.

    Attributes:
        since: Begin of the period that was asked for.
        until: Its end.
        now: The end of phases that have not ended.
        begin: Begin of the axis: that of the period, or of what happened in it if that is later.
        end: End of the axis, likewise.
        rows: The runners.
        left_out: Number of older runners that a limit left out.
        swaps: The runners that GitHub gave to other jobs than those that waited for them.
        slots: How many runners held one of `max_runners`.
        waiting: How many jobs waited for a runner.
        max_runners: The limit of the slots, if it is known.
    """

    since: datetime
    until: datetime
    now: datetime
    begin: datetime
    end: datetime
    rows: tuple[Row, ...]
    left_out: int
    swaps: tuple[Swap, ...]
    slots: tuple[Count, ...]
    waiting: tuple[Count, ...]
    max_runners: int | None = None
