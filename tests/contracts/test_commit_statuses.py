"""The contract of `CommitStatuses` on the GitHub emulator, with a token and as an App."""

from collections.abc import Iterator

import pytest

from local.github.answers import refused
from local.github.app import App
from local.github.payloads import head_sha
from local.github.server import GitHub
from shared.adapters.github_commit_statuses import GitHubCommitStatuses
from shared.domain.commit_status.state import LONGEST_CONTEXT, LONGEST_DESCRIPTION, StatusState
from shared.ports import CommitStatuses, NewCommitStatus, NotNow, Refused
from tests.support.github import APPS, CREDENTIALS, GRANTED, client_of, github_with_app

REPOSITORY = "octo/repo"
FAILED = NewCommitStatus(
    state=StatusState.FAILURE,
    context="fleet / CI / build",
    description='Class "xl" is not defined',
    target_url="https://example.com/refused",
)


class Given:
    """GitHub, and the port with the credentials of that kind."""

    def __init__(self, kind: str, github: GitHub, app: App) -> None:
        self.github = github
        self.app = app
        self.client = client_of(kind, github, statuses=True)
        self.port: CommitStatuses = GitHubCommitStatuses(self.client)

    def commit(self) -> str:
        return head_sha(self.github.actions.queue(REPOSITORY, ("self-hosted",)).run_id)


@pytest.fixture(params=CREDENTIALS)
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    with github_with_app(statuses="write") as (github, app):
        made = Given(request.param, github, app)
        yield made
        made.client.close()


def test_a_status_is_created_with_its_texts_and_link(given: Given) -> None:
    sha = given.commit()
    given.port.create(REPOSITORY, sha, FAILED)
    (status,) = given.github.statuses
    assert (status.repository, status.sha, status.state) == (REPOSITORY, sha, "failure")
    assert (status.context, status.description) == (FAILED.context, FAILED.description)
    assert status.target_url == FAILED.target_url


def test_a_status_needs_no_link(given: Given) -> None:
    given.port.create(
        REPOSITORY,
        given.commit(),
        NewCommitStatus(state=StatusState.SUCCESS, context="fleet", description="Taken"),
    )
    assert given.github.statuses[0].target_url is None


def test_the_longest_texts_are_accepted(given: Given) -> None:
    longest = NewCommitStatus(
        state=StatusState.PENDING,
        context="é" * LONGEST_CONTEXT,
        description="é" * LONGEST_DESCRIPTION,
    )
    given.port.create(REPOSITORY, given.commit(), longest)
    assert given.github.statuses[0].description == longest.description


def test_an_unknown_commit_is_refused_with_githubs_words(given: Given) -> None:
    given.commit()
    with pytest.raises(Refused, match="422 No commit found for SHA: bbbb"):
        given.port.create(REPOSITORY, "b" * 40, FAILED)


@pytest.mark.parametrize("given", APPS, indirect=True)
def test_without_the_permission_it_is_refused_and_everything_else_goes_on(given: Given) -> None:
    sha = given.commit()
    granted = {name: level for name, level in GRANTED.items() if name != "actions"}
    given.app.permissions = granted
    with pytest.raises(Refused, match="403 Resource not accessible by integration"):
        given.port.create(REPOSITORY, sha, FAILED)
    assert not given.github.statuses


def test_a_rate_limit_is_no_refusal(given: Given) -> None:
    sha = given.commit()
    given.github.faults = lambda _request: refused(
        429, "You have exceeded a secondary rate limit", retry_after="60"
    )
    with pytest.raises(NotNow):
        given.port.create(REPOSITORY, sha, FAILED)
