"""The state of a job's stream: the job and the runners that were launched for it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.domain.commit_status.state import CommitStatus
from shared.domain.events import Fact
from shared.domain.job.state import Job
from shared.domain.runner.state import Runner


class State(Struct, frozen=True, kw_only=True):
    """The fold of one job's stream. `fleet` is the prefix of the runners' ids."""

    job_id: int
    fleet: str = ""
    job: Job = Job()
    runners: tuple[Runner, ...] = ()
    status: CommitStatus = CommitStatus()

    def runner(self, runner_id: str | None) -> Runner | None:
        """Return the runner with that id, or None if it was not launched for this job."""
        for runner in self.runners:
            if runner.id == runner_id:
                return runner
        return None


Handlers = Mapping[type[Fact], Callable[[State, Any, datetime], State]]
"""Maps the type of a fact to its fold: (state, fact, time of the event) to the next state."""
