"""GitHub as it sends webhooks one after the other, and as it limits requests."""

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
    """GitHub, which notes when it sent the webhook of each job that was queued."""

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
    """What refuses a request for which the credential has no points left in this minute.

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
