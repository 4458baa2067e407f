"""The fold of a job's stream: the job and the runners that were launched for it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.domain.events import Fact
from shared.domain.job.state import Job
from shared.domain.runner.state import Runner


class State(Struct, frozen=True, kw_only=True):
    """All that one job's stream says. `fleet` is the prefix of the runners' names."""

    job_id: int
    fleet: str = ""
    job: Job = Job()
    runners: tuple[Runner, ...] = ()

    def runner(self, runner_id: str | None) -> Runner | None:
        """The runner of that id, if it was launched for this job."""
        return next((runner for runner in self.runners if runner.id == runner_id), None)


Handlers = Mapping[type[Fact], Callable[[State, Any, datetime], State]]
"""By the type of a fact, what it changes; the time is when it happened."""
