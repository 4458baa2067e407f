"""Simulates GitHub's webhooks at a limited rate, and records when they were sent."""

from benchmarks.load.fibers import Fibers
from benchmarks.load.weather import Paced
from local.github.limits import UNLIMITED, Limits
from local.github.model import Job
from tests.simulation.world.github import GitHub


class PacedGitHub(GitHub):
    """A GitHub emulator that records when it sent the webhook of each queued job."""

    def __init__(
        self, fibers: Fibers, weather: Paced, *, credentials: int, points: int | None
    ) -> None:
        super().__init__(fibers, weather, credentials=credentials, points=points)
        if points is None:
            self.rest.limits = Limits(primary=UNLIMITED)
        self.sent: dict[int, float] = {}
        self._fibers = fibers
        self._pace = weather.pace

    def _announce(self, job: Job, action: str) -> None:
        if action == "queued":
            self.sent[job.id] = max(self._fibers.seconds, self._pace.next)
        super()._announce(job, action)
