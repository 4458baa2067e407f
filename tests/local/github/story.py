"""The service of GitHub Actions alone, with a clock of the test's."""

from random import Random

from local.github.actions import Actions
from local.github.model import Job, Runner

REPOSITORY = "octo/repo"


class Story:
    """The service with a clock of the test's, and what it announced."""

    def __init__(self, seed: int = 1) -> None:
        self.time = 0.0
        self.told: list[tuple[int, str]] = []
        self.actions = Actions(
            lambda job, action: self.told.append((job.id, action)),
            rng=Random(seed),
            monotonic=lambda: self.time,
        )

    def online(self, name: str, *labels: str, scope: str = REPOSITORY) -> Runner:
        runner = self.actions.register(scope, name, ("self-hosted", *labels))
        return self.actions.connect(runner.token, "2.330.0")

    def queue(self, *labels: str, needs_approval: bool = False) -> Job:
        wanted = ("self-hosted", *labels)
        return self.actions.queue(REPOSITORY, wanted, needs_approval=needs_approval)

    def told_of(self, job: Job) -> list[str]:
        return [action for number, action in self.told if number == job.id]
