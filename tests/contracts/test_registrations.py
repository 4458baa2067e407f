"""The contracts of `Registrations` and `Jobs` on emulated GitHub, with HTTP and without."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.github.actions import Actions
from local.github.rest import Rest
from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_client import GitHubClient
from shared.adapters.github_jobs import GitHubJobs
from shared.domain.runner_scope import AT_REPOSITORIES, RunnerScopes
from shared.ports import Deletion, Jobs, NameTaken, Refused, Registrations
from tests.simulated import github as simulated
from tests.support.github import client_of, github_with_app
from tests.support.tokens import Fixed

OWNER = "octo"
REPOSITORY = f"{OWNER}/repo"
LABELS = ("self-hosted", "linux")


class Given:
    """One implementation, and functions that connect a runner, and start and end a job on it."""

    def __init__(
        self,
        *,
        registrations: Registrations,
        jobs: Jobs,
        connect: Callable[[str], None],
        work: Callable[[str], None],
        finish: Callable[[str], None],
        queue: Callable[[], int],
        versions: dict[str, datetime | None],
    ) -> None:
        self.versions = versions
        self.registrations = registrations
        self.jobs = jobs
        self.connect = connect
        self.work = work
        self.finish = finish
        self.queue = queue


def _at_github(kind: str = "token", **scopes: Any) -> Iterator[Given]:
    at = RunnerScopes(**scopes)
    with github_with_app() as (github, _):
        client = client_of(kind, github, at)
        github.actions.scopes.add_enterprise("octo-inc", [OWNER, "acme"])
        yield _given(client, github.actions, github.versions, at)
        client.close()


def _simulated() -> Iterator[Given]:
    actions = Actions(lambda _job, _action: None)
    rest = Rest(actions, lambda: None, simulated.TOKEN, lambda: simulated.URL)
    api = GitHubApi(simulated.URL, connect=lambda: simulated.Http(rest))
    client = GitHubClient(api=api, tokens=Fixed(simulated.TOKEN))
    yield _given(client, actions, rest.versions)


def _given(
    client: GitHubClient,
    actions: Actions,
    versions: dict[str, datetime | None],
    scopes: RunnerScopes = AT_REPOSITORIES,
) -> Given:
    def token(name: str) -> str:
        return next(one.token for one in actions.registered() if one.name == name)

    def connect(name: str) -> None:
        actions.connect(token(name), "2.330.0")

    def work(name: str) -> None:
        connect(name)
        actions.queue(REPOSITORY, LABELS)

    def finish(name: str) -> None:
        actions.finish(token(name), "success")

    def queue() -> int:
        return actions.queue(REPOSITORY, LABELS).id

    return Given(
        registrations=GitHubRegistrations(client, scopes=scopes),
        jobs=GitHubJobs(client),
        connect=connect,
        work=work,
        finish=finish,
        queue=queue,
        versions=versions,
    )


KINDS: dict[str, Callable[[], Iterator[Given]]] = {
    "repository": _at_github,
    "organization": lambda: _at_github(organizations=(OWNER,)),
    "enterprise": lambda: _at_github(enterprise="octo-inc"),
    "simulated": _simulated,
    "app": lambda: _at_github(kind="App"),
    "app of organization": lambda: _at_github(organizations=(OWNER,), kind="App"),
}


@pytest.fixture(params=KINDS)
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    yield from KINDS[request.param]()


def test_a_minted_runner_is_found_by_its_name(given: Given) -> None:
    config = given.registrations.mint(REPOSITORY, "fleet-7-1", LABELS)
    assert config.encoded
    found = given.registrations.find(REPOSITORY, "fleet-7-1")
    assert found is not None
    assert found.github_runner_id == config.github_runner_id
    assert given.registrations.find(REPOSITORY, "fleet-7-2") is None


def test_a_name_can_not_be_minted_twice(given: Given) -> None:
    given.registrations.mint(REPOSITORY, "fleet-7-1", LABELS)
    with pytest.raises(NameTaken, match="fleet-7-1"):
        given.registrations.mint(REPOSITORY, "fleet-7-1", LABELS)


def test_every_runner_has_its_own_id_and_config(given: Given) -> None:
    configs = [given.registrations.mint(REPOSITORY, f"fleet-{n}-1", LABELS) for n in range(3)]
    assert len({config.github_runner_id for config in configs}) == 3
    assert len({config.encoded for config in configs}) == 3


def test_a_deleted_runner_is_gone_and_its_name_is_free(given: Given) -> None:
    number = given.registrations.mint(REPOSITORY, "fleet-7-1", LABELS).github_runner_id
    assert given.registrations.delete(REPOSITORY, number) is Deletion.DELETED
    assert given.registrations.delete(REPOSITORY, number) is Deletion.ABSENT
    assert given.registrations.find(REPOSITORY, "fleet-7-1") is None
    given.registrations.mint(REPOSITORY, "fleet-7-1", LABELS)


def test_a_busy_runner_is_not_deleted_and_is_gone_when_its_job_is_over(given: Given) -> None:
    number = given.registrations.mint(REPOSITORY, "fleet-7-1", LABELS).github_runner_id
    given.work("fleet-7-1")
    assert given.registrations.delete(REPOSITORY, number) is Deletion.BUSY
    given.finish("fleet-7-1")
    assert given.registrations.delete(REPOSITORY, number) is Deletion.ABSENT


def test_a_job_is_read_from_its_queue_to_its_end(given: Given) -> None:
    job = given.queue()
    found = given.jobs.job(REPOSITORY, job)
    assert (found.status, found.runner_name, found.github_runner_id) == ("queued", "", None)
    number = given.registrations.mint(REPOSITORY, "fleet-7-1", LABELS).github_runner_id
    given.connect("fleet-7-1")
    found = given.jobs.job(REPOSITORY, job)
    assert (found.status, found.runner_name) == ("in_progress", "fleet-7-1")
    assert (found.github_runner_id, found.started_at is None) == (number, False)
    given.finish("fleet-7-1")
    found = given.jobs.job(REPOSITORY, job)
    assert (found.status, found.conclusion) == ("completed", "success")
    assert found.completed_at is not None


def test_a_job_that_github_does_not_have_is_refused(given: Given) -> None:
    with pytest.raises(Refused, match="404"):
        given.jobs.job(REPOSITORY, 4711)


def test_registered_runners_are_listed_with_what_they_do(given: Given) -> None:
    numbers = {
        name: given.registrations.mint(REPOSITORY, name, LABELS).github_runner_id
        for name in ("fleet-7-1", "fleet-8-1", "fleet-9-1")
    }
    given.work("fleet-8-1")
    given.connect("fleet-9-1")
    found = {one.runner_id: one for one in given.registrations.registered(REPOSITORY, 10)}
    assert {name: one.github_runner_id for name, one in found.items()} == numbers
    assert {name: (one.online, one.busy) for name, one in found.items()} == {
        "fleet-7-1": (False, False),
        "fleet-8-1": (True, True),
        "fleet-9-1": (True, False),
    }


def test_the_end_of_a_version_is_read_if_it_is_scheduled(given: Given) -> None:
    ends_at = datetime(2026, 12, 1, tzinfo=UTC)
    given.versions |= {"2.330.0": ends_at, "2.331.0": None}
    assert given.registrations.version_ends_at(REPOSITORY, "2.330.0") == ends_at
    assert given.registrations.version_ends_at(REPOSITORY, "2.331.0") is None
    with pytest.raises(Refused, match="404"):
        given.registrations.version_ends_at(REPOSITORY, "2.1.0")


def test_all_pages_are_listed_and_no_more_than_asked_for(given: Given) -> None:
    assert list(given.registrations.registered(REPOSITORY, 10)) == []
    names = [f"fleet-{number}-1" for number in range(205)]
    for name in names:
        given.registrations.mint(REPOSITORY, name, LABELS)
    found = given.registrations.registered(REPOSITORY, 1000)
    assert [one.runner_id for one in found] == names
    assert len(given.registrations.registered(REPOSITORY, 120)) == 120
