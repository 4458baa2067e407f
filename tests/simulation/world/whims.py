"""What GitHub does of its own accord: it holds jobs for an approval, queues them again, delays
their assignment, loses them on their way to a runner, and removes idle runners.

`local.github.actions` has the rules; this module draws when and how often they apply.
"""

from collections.abc import Callable

from local.github.actions import IDLE_SECONDS, Actions
from local.github.model import Job, Runner
from tests.simulated.agenda import Agenda
from tests.simulated.weather import Weather

AT_ONCE = (0.05, 2.0)
"""Seconds until an approval that nobody has to give, as where only branches are restricted.
Source: runs-on, issue 386."""
AT_ONCE_RATE = 0.3
REVIEWED = (60.0, 3600.0)
"""Seconds until somebody approves."""
AGAIN = (1.0, 120.0)
"""Seconds until the second `queued` webhook of a queued job."""
FOUND_LOST = (30.0, 300.0)
"""Seconds until a job that was lost on its way to a runner is queued again."""
STALLED = (200.0, 300.0)
"""Seconds by which the assignment of a job is delayed, from the first idle runner on: shorter than
the limit of idleness, so that the delay alone ends no runner."""


class Whims:
    """Draws the events of each job and of each idle runner.

    Attributes:
        pending: The number of planned events.
        held: Since when each job waits, or has waited, for an approval, in seconds.
        approved: The jobs that were approved.
        lost: The runners to which a job did not get.
        removed: The runners that were removed while they were idle.
        on_removed: Called with each of them.
    """

    def __init__(self, agenda: Agenda, weather: Weather, actions: Actions) -> None:
        self.pending = 0
        self.held: dict[int, float] = {}
        self.approved: set[int] = set()
        self.lost: list[str] = []
        self.removed: list[str] = []
        self.on_removed: Callable[[str], None] = lambda _runner_id: None
        self._agenda = agenda
        self._rng = agenda.rng
        self._weather = weather
        self._actions = actions
        self._stalled: dict[int, float] = {}
        actions.idle_limit = self._idle_limit
        actions.loses = self._loses
        actions.withholds = self._withholds

    def queue(self, repository: str, labels: tuple[str, ...], beside: Job | None = None) -> Job:
        """Queue a job, in the run of `beside` if it is given, and plan its events."""
        needs_approval = self._drawn(self._weather.approvals)
        job = self._actions.queue(
            repository,
            labels,
            name=f"build {beside.id}" if beside else "build",
            needs_approval=needs_approval,
            beside=beside,
        )
        if needs_approval:
            self.held[job.id] = self._agenda.seconds
            span = AT_ONCE if self._rng.random() < AT_ONCE_RATE else REVIEWED
            self._plan(self._rng.uniform(*span), lambda: self._approve(job))
        if self._drawn(self._weather.requeued):
            self._plan(self._rng.uniform(*AGAIN), lambda: self._requeue(job))
        return job

    def _drawn(self, rate: float) -> bool:
        """Nothing is drawn where it never happens, so that other worlds stay as they are."""
        return rate > 0 and self._rng.random() < rate

    def _plan(self, seconds: float, action: Callable[[], None]) -> None:
        def happen() -> None:
            self.pending -= 1
            action()

        self.pending += 1
        self._agenda.after(seconds, happen)

    def _approve(self, job: Job) -> None:
        if job.status == "waiting":
            self.approved.add(job.id)
            self._actions.approve(job)

    def _requeue(self, job: Job) -> None:
        if job.status == "queued":
            self._actions.requeue(job)

    def _loses(self, job: Job, runner: Runner) -> bool:
        if not self._drawn(self._weather.assignments_lost):
            return False
        self.lost.append(runner.name)
        self._plan(self._rng.uniform(*FOUND_LOST), lambda: self._requeue(job))
        return True

    def _withholds(self, job: Job) -> bool:
        if job.id not in self._stalled:
            stalled = self._drawn(self._weather.stalled)
            seconds = self._rng.uniform(*STALLED) if stalled else 0.0
            self._stalled[job.id] = self._agenda.seconds + seconds
            if stalled:
                self._plan(seconds + 0.001, self._actions.assign)
        return self._agenda.seconds < self._stalled[job.id]

    def _idle_limit(self, _runner: Runner) -> float | None:
        if not self._drawn(self._weather.removed):
            return None
        seconds = self._rng.uniform(*IDLE_SECONDS)
        self._agenda.after(seconds + 0.001, self._remove_the_idle)
        return seconds

    def _remove_the_idle(self) -> None:
        before = [one.name for one in self._actions.registered()]
        self._actions.remove_the_idle()
        left = {one.name for one in self._actions.registered()}
        for name in (one for one in before if one not in left):
            self.removed.append(name)
            self.on_removed(name)
