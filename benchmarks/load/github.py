"""Simulates GitHub's webhooks at a limited rate, and its limits of requests."""

from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from benchmarks.load.fibers import Fibers
from benchmarks.load.limits import Window
from benchmarks.load.weather import Paced
from local.github.answers import refused
from local.github.model import Job
from tests.simulation.world.github import GitHub

_POINTS = {"POST": 5, "PATCH": 5, "PUT": 5, "DELETE": 5}
"""Of one request, others are 1. Source: see `Window`."""


class PacedGitHub(GitHub):
    """A GitHub emulator that records when it sent the webhook of each queued job."""

    def __init__(self, fibers: Fibers, weather: Paced) -> None:
        super().__init__(fibers, weather)
        self.sent: dict[int, float] = {}
        self._fibers = fibers
        self._pace = weather.pace

    def _announce(self, job: Job, action: str) -> None:
        if action == "queued":
            self.sent[job.id] = max(self._fibers.seconds, self._pace.next)
        super()._announce(job, action)


def limit(fibers: Fibers, configs_per_minute: int) -> Callable[[Request], Response | None]:
    """Return a function that rejects requests over the credential's points per minute.

    Source: GitHub Docs, "Rate limits for the REST API", "Exceeding the rate limit".
    """
    window = Window(configs_per_minute * _POINTS["POST"])

    def refusal(request: Request) -> Response | None:
        wait = window.take(_POINTS.get(request.method, 1), fibers.seconds)
        if wait is None:
            return None
        message = "You have exceeded a secondary rate limit"
        return refused(403, message, retry_after=str(int(wait) + 1))

    return refusal
