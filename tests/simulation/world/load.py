"""What is asked of the fleet, and when: jobs, some of which are cancelled again."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from local.github.model import Job
from tests.simulated.agenda import Agenda
from tests.simulation.world.profile import Profile

if TYPE_CHECKING:
    from tests.simulation.world.github import GitHub

REPOSITORIES = ("octo/repo", "octo/repo", "octo/other")
LABELS = (
    ("self-hosted", "linux"),
    ("self-hosted", "linux"),
    ("self-hosted", "class:large"),
    ("self-hosted", "linux", "x64"),
    ("self-hosted", "class:xl"),
)
"""What jobs ask for; nobody defined the last one's class."""
IMAGE_LABELS = (
    ("self-hosted", "linux"),
    ("self-hosted", "image:ubuntu:24.04"),
    ("self-hosted", "image:ubuntu:22.04"),
    ("self-hosted", "image:debian:12"),
    ("self-hosted", "image:debian:13"),
    ("self-hosted", "class:large", "image:ghcr.io/octo/base:1"),
    ("self-hosted", "image:evil/base:1"),
    ("self-hosted", "image:debian:12;reboot"),
)
"""The same where images are built: the first's is the default; the last two are refused."""
THIEVES = (("linux",), ("linux",), ("linux", "x64"), ("class:large",))
"""What jobs ask for that the fleet ignores, though GitHub may give them to its runners."""
STRANGER = "octo/secret"
STRANGE_LABELS = (("self-hosted", "linux"), ("linux",))
"""A repository that the fleet does not serve, and what its jobs ask for."""
_PATIENCE = 90.0
_AFTERWARDS = 200.0


class Load:
    """Everything that comes from outside, planned at the beginning.

    Attributes:
        until: When the last job is queued, in seconds.
    """

    def __init__(
        self, agenda: Agenda, profile: Profile, github: "GitHub", jobs: int | None
    ) -> None:
        self.until = profile.within
        self._agenda = agenda
        self._rng = agenda.rng
        self._profile = profile
        self._actions = github.actions
        self._whims = github.whims
        asked = IMAGE_LABELS if profile.images else LABELS
        for _ in range(jobs or self._rng.randint(*profile.jobs)):
            equal = profile.equal
            repository = REPOSITORIES[0] if equal else self._rng.choice(REPOSITORIES)
            labels = LABELS[0] if equal else self._rng.choice(asked)
            at = self._rng.uniform(0, self.until)
            agenda.after(at, partial(self._queue, repository, labels))
            self._plan_thieves(repository)

    def also(self, happens: Callable[[], None], times: int) -> None:
        """Let something else happen so many times, while there are jobs."""
        for _ in range(times):
            self._agenda.after(self._rng.uniform(0, self.until + _AFTERWARDS), happens)

    def _plan_thieves(self, repository: str) -> None:
        weather = self._profile.weather
        if weather.thieves > 0 and self._rng.random() < weather.thieves:
            self._plan_thief(repository, self._rng.choice(THIEVES))
        if weather.strangers > 0 and self._rng.random() < weather.strangers:
            self._plan_thief(STRANGER, self._rng.choice(STRANGE_LABELS))

    def _plan_thief(self, repository: str, labels: tuple[str, ...]) -> None:
        at = self._rng.uniform(0, self.until)
        self._agenda.after(at, lambda: self._actions.queue(repository, labels))

    def _queue(self, repository: str, labels: tuple[str, ...]) -> None:
        job = self._whims.queue(repository, labels, self._beside(repository, labels))
        if self._rng.random() < self._profile.weather.cancelled:
            self._agenda.after(self._rng.uniform(0, _PATIENCE), partial(self._cancel, job))

    def _beside(self, repository: str, labels: tuple[str, ...]) -> Job | None:
        """The last job of the repository, if the new one is to be of its run.

        A run with a refused job would not end: such a job has a run of its own.
        """
        rate = self._profile.weather.beside
        if rate == 0 or self._rng.random() >= rate:
            return None
        last = [one for one in self._actions.jobs() if one.repository == repository][-1:]
        goes_on = [one for one in last if one.status != "completed" and one.run_attempt == 1]
        refused = LABELS[-1] in (labels, *(one.labels for one in goes_on))
        return goes_on[0] if goes_on and not refused else None

    def _cancel(self, job: Job) -> None:
        if job.status in ("queued", "waiting"):
            self._actions.cancel(job.repository, job.run_id)


def is_foreign(job: Job) -> bool:
    """Whether the fleet ignores the job, so that it launches nothing for it."""
    return "self-hosted" not in job.labels or job.repository not in REPOSITORIES
