"""The durations that are assumed where the recording shows none: its medians."""

from array import array
from collections.abc import Callable
from statistics import median

from msgspec import Struct

from cli.whatif.observed import Demand, Launch


class Durations(Struct, frozen=True, kw_only=True):
    """Durations in seconds.

    Attributes:
        decide: From a webhook's arrival until the intent to launch.
        launch: From the intent until ECS has accepted the task.
        start: From then until the task runs.
        assign: From then until GitHub assigns a job.
        job: From a job's start to its end.
        exit: From a job's end until its task has stopped.
        stop: From StopTask until the task has stopped.
        report: From a task's end until ECS's event of it is recorded.
        hand_over: From the grant of a slot until the intent to launch.
    """

    decide: float = 1.0
    launch: float = 1.0
    start: float = 30.0
    assign: float = 3.0
    job: float = 60.0
    exit: float = 10.0
    stop: float = 30.0
    report: float = 1.0
    hand_over: float = 1.0


def _exit(demand: Demand) -> float | None:
    if demand.task_end is None or demand.duration is None:
        return None
    return max(0.0, demand.task_end - demand.duration)


_OF_LAUNCHES: dict[str, Callable[[Launch], float | None]] = {
    "launch": lambda one: one.launch,
    "start": lambda one: one.start,
    "assign": lambda one: one.assign,
}
_OF_JOBS: dict[str, Callable[[Demand], float | None]] = {
    "decide": lambda one: one.decide,
    "job": lambda one: one.duration,
    "exit": _exit,
    "report": lambda one: one.report,
    "hand_over": lambda one: one.hand_over,
}


class Medians:
    """Collects the durations of a recording, eight bytes each."""

    def __init__(self) -> None:
        self._values = {name: array("d") for name in (*_OF_LAUNCHES, *_OF_JOBS)}

    def add(self, demand: Demand) -> None:
        """Add the durations of a job and of its launches."""
        for name, of_job in _OF_JOBS.items():
            self._add(name, of_job(demand))
        for launch in demand.launches:
            for name, of_launch in _OF_LAUNCHES.items():
                self._add(name, of_launch(launch))

    def durations(self) -> Durations:
        """Return the medians; a default for each of which the recording has no value."""
        return Durations(
            **{name: median(values) for name, values in self._values.items() if values}
        )

    def _add(self, name: str, value: float | None) -> None:
        if value is not None:
            self._values[name].append(value)
