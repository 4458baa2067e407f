"""Registrations at simulated GitHub, with the runners' side: connect, start and end a job."""

from collections.abc import Sequence

from local.github.actions import Actions
from local.github.model import Job, Runner
from local.github.rest import Rest
from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_client import GitHubClient
from shared.adapters.github_commit_statuses import GitHubCommitStatuses
from shared.adapters.github_jobs import GitHubJobs
from shared.domain.runner_scope import AT_REPOSITORIES, RunnerScopes
from shared.ports import JobView
from tests.simulated.agenda import Agenda
from tests.simulated.github import TOKEN, URL
from tests.simulated.requests import RecordedHttp, Requests
from tests.support.tokens import Fixed

ORGANIZATIONS = ("octo", "acme")
"""Those of the enterprise, if there is one."""
_VERSION = "2.330.0"


class SimulatedJobs(GitHubJobs):
    """`Jobs` without a socket, or as the test says."""

    def __init__(self, client: GitHubClient) -> None:
        super().__init__(client)
        self.answers: dict[int, JobView] = {}

    def job(self, repository: str, job_id: int) -> JobView:
        """Return the response from `answers`, or the emulator's if there is none."""
        return self.answers.get(job_id) or super().job(repository, job_id)


class SimulatedRegistrations(GitHubRegistrations):
    """`Registrations` without a socket.

    Attributes:
        others: The same with each further credential, by its name, which is its token, too.
    """

    def __init__(
        self,
        clock: Agenda,
        requests: Requests,
        scopes: RunnerScopes = AT_REPOSITORIES,
        credentials: Sequence[str] = (),
    ) -> None:
        self.actions = Actions(_announce, now=clock.now, monotonic=lambda: clock.seconds)
        if scopes.enterprise:
            self.actions.scopes.add_enterprise(scopes.enterprise, ORGANIZATIONS)
        rest = Rest(self.actions, lambda: None, TOKEN, lambda: URL, more_tokens=credentials)

        def client_of(token: str) -> GitHubClient:
            api = GitHubApi(URL, connect=lambda: RecordedHttp(rest, requests), clock=clock)
            return GitHubClient(api=api, tokens=Fixed(token), clock=clock)

        client = client_of(TOKEN)
        super().__init__(client, scopes=scopes)
        self.others = {
            name: GitHubRegistrations(client_of(name), scopes=scopes) for name in credentials
        }
        self.jobs = SimulatedJobs(client)
        self.commit_statuses = GitHubCommitStatuses(client)
        self.rest = rest
        self.statuses = rest.statuses

    @property
    def runners(self) -> dict[int, Runner]:
        """All registrations by GitHub's id, oldest first."""
        return {one.id: one for one in self.actions.registered()}

    def names(self) -> list[str]:
        """The names of all registered runners, oldest first."""
        return [one.name for one in self.actions.registered()]

    def connect(self, runner_id: str) -> None:
        """Bring the runner online."""
        self.actions.connect(self._named(runner_id).token, _VERSION)

    def set_busy(self, runner_id: str) -> None:
        """Bring the runner online and assign a job to it, unless it has one."""
        runner = self._named(runner_id)
        if runner.job_id is None:
            self.connect(runner_id)
            repository = runner.scope if "/" in runner.scope else f"{runner.scope}/repo"
            job = self.actions.queue(repository, runner.labels)
            assert job.runner_name == runner_id, "another idle runner took the job"

    def ended(self, runner_id: str) -> None:
        """End the runner's job, if it has one, and its registration."""
        if runner_id in self.names():
            runner = self._named(runner_id)
            if runner.job_id is not None:
                self.actions.finish(runner.token, "success")
            else:
                self.actions.remove(runner.scope, runner.id)

    def _named(self, runner_id: str) -> Runner:
        return next(one for one in self.actions.registered() if one.name == runner_id)


def _announce(_job: Job, _action: str) -> None:
    """Send no webhook: tests append facts themselves."""
