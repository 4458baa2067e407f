"""Runner groups by name: found at GitHub's stand-in, kept, read again if they changed."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.wrappers import Request

from local.github.actions import Actions
from local.github.model import Group
from local.github.rest import Rest
from local.github.scopes import enterprise
from shared.adapters import github_groups
from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_client import GitHubClient
from shared.domain.runner_scope import GroupRule, RunnerScopes
from shared.ports import Refused
from tests.simulated import github as simulated
from tests.support.openapi import check_answer, check_request
from tests.support.scripted import Scripted, scripted
from tests.support.tokens import Fixed

RULES = (
    GroupRule(repositories="octo/deploy-*", group="deploy"),
    GroupRule(repositories="acme/*", group="build"),
)
TWO = RunnerScopes(organizations=("octo", "acme"))


class Given:
    """The stand-in, whose requests are counted and checked against GitHub's description."""

    def __init__(self) -> None:
        self.actions = Actions(lambda _job, _action: None)
        self.asked: list[str] = []
        self.rest = Rest(
            self.actions, lambda: None, simulated.TOKEN, lambda: simulated.URL, self._see
        )

    def port(self, scopes: RunnerScopes = TWO) -> GitHubRegistrations:
        api = GitHubApi(simulated.URL, connect=lambda: simulated.Http(self.rest))
        client = GitHubClient(api=api, tokens=Fixed(simulated.TOKEN))
        return GitHubRegistrations(client, scopes=scopes, groups=RULES)

    def mint(self, port: GitHubRegistrations, repository: str, number: int = 1) -> int:
        """Return the id of the group in which the runner was registered."""
        port.mint(repository, f"fleet-7-{number}", ["self-hosted"])
        return self.actions.registered()[-1].group.id

    def listings(self) -> list[str]:
        return [one for one in self.asked if one.endswith("/runner-groups")]

    def _see(self, request: Request) -> None:
        self.asked.append(request.path)
        check_request(request.method, request.full_path, request.get_json(silent=True))


@pytest.fixture
def empty() -> Given:
    """Without the groups of the rules."""
    made = Given()
    made.actions.scopes.add_group("octo", Group(id=4, name="other"))
    return made


@pytest.fixture
def given() -> Given:
    made = Given()
    made.actions.scopes.add_group("octo", Group(id=5, name="deploy"))
    made.actions.scopes.add_group("acme", Group(id=9, name="build"))
    made.actions.scopes.add_group("acme", Group(id=8, name="deploy"))
    return made


def test_each_organization_has_its_own_groups_which_are_read_once(given: Given) -> None:
    port = given.port()
    repositories = ("octo/deploy-web", "acme/deploy-web", "acme/shop", "octo/deploy-api")
    found = [given.mint(port, one, number) for number, one in enumerate(repositories)]
    assert found == [5, 9, 9, 5]
    assert given.listings() == [
        "/orgs/octo/actions/runner-groups",
        "/orgs/acme/actions/runner-groups",
    ]


def test_without_a_rule_the_default_group_is_used_and_nothing_is_read(given: Given) -> None:
    assert given.mint(given.port(), "octo/shop") == github_groups.DEFAULT_GROUP == 1
    assert given.listings() == []


def test_groups_of_an_enterprise_are_read_there(given: Given) -> None:
    given.actions.scopes.add_enterprise("octo-inc", ["octo", "acme"])
    given.actions.scopes.add_group(enterprise("octo-inc"), Group(id=3, name="build"))
    assert given.mint(given.port(RunnerScopes(enterprise="octo-inc")), "acme/shop") == 3


def test_an_unknown_group_refuses_the_job_and_names_the_organization(empty: Given) -> None:
    told = r'GitHub: organization Octo has no runner group "deploy"; it has: Default, other$'
    with pytest.raises(Refused, match=told):
        empty.port(RunnerScopes(organizations=("Octo",))).mint(
            "octo/deploy-web", "fleet-7-1", ["x"]
        )
    assert empty.actions.registered() == []


def test_a_group_that_was_created_since_is_found(empty: Given) -> None:
    port = empty.port()
    with pytest.raises(Refused, match=r"it has: Default, other$"):
        port.mint("octo/deploy-web", "fleet-7-1", ["self-hosted"])
    empty.actions.scopes.add_group("octo", Group(id=6, name="deploy"))
    assert empty.mint(port, "octo/deploy-web") == 6


def test_a_group_that_was_created_anew_has_another_id_which_is_read_once(given: Given) -> None:
    port = given.port()
    assert given.mint(port, "octo/deploy-web", 1) == 5
    given.actions.scopes.add_group("octo", Group(id=55, name="deploy"))
    assert given.mint(port, "octo/deploy-web", 2) == 55
    assert given.mint(port, "octo/deploy-web", 3) == 55
    assert len(given.listings()) == 2


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


def _scripted(server: Scripted) -> GitHubRegistrations:
    client = GitHubClient(api=GitHubApi(server.url), tokens=Fixed("token"))
    return GitHubRegistrations(client, scopes=TWO, groups=RULES)


def _groups(*names: str, first: int = 5) -> dict[str, Any]:
    listed = [{"id": first + n, "name": name} for n, name in enumerate(names)]
    return {"total_count": len(listed), "runner_groups": listed}


def test_a_refusal_for_another_reason_is_passed_on_after_one_look(server: Scripted) -> None:
    port = _scripted(server)
    server.will(200, _groups("deploy"))
    server.will(422, {"message": "Too many labels"})
    server.will(200, _groups("deploy"))
    with pytest.raises(Refused, match="422 Too many labels"):
        port.mint("octo/deploy-web", "fleet-7-1", ["self-hosted"])
    assert [method for method, _, _, _ in server.asked] == ["GET", "POST", "GET"]


def test_a_refusal_of_the_default_group_is_passed_on_at_once(server: Scripted) -> None:
    server.will(404, {"message": "Not Found"})
    with pytest.raises(Refused, match="404"):
        _scripted(server).mint("octo/shop", "fleet-7-1", ["self-hosted"])
    assert len(server.asked) == 1


def test_groups_that_may_not_be_read_refuse_the_job_with_githubs_words(server: Scripted) -> None:
    server.will(403, {"message": "Resource not accessible by integration"})
    with pytest.raises(Refused, match="403 Resource not accessible by integration"):
        _scripted(server).mint("octo/deploy-web", "fleet-7-1", ["self-hosted"])


def test_all_pages_are_read_and_few_groups_are_named(
    server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_groups, "PAGE", 6)
    server.will(200, _groups(*(f"group-{n:02}" for n in range(6))))
    server.will(200, _groups(*(f"group-{n:02}" for n in range(6, 12)), first=20))
    server.will(200, _groups())
    told = 'no runner group "deploy"; it has: group-00, .*, group-09 and 2 more$'
    with pytest.raises(Refused, match=told):
        _scripted(server).mint("octo/deploy-web", "fleet-7-1", ["self-hosted"])
    asked = [path.partition("?")[2] for _, path, _, _ in server.asked]
    assert asked == [f"per_page=6&page={page}" for page in (1, 2, 3)]


def test_no_more_pages_are_read_than_the_limit(
    server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_groups, "PAGE", 1)
    monkeypatch.setattr(github_groups, "MOST_PAGES", 2)
    server.will(200, _groups("first"))
    server.will(200, _groups("second", first=20))
    with pytest.raises(Refused, match=r"it has: first, second$"):
        _scripted(server).mint("octo/deploy-web", "fleet-7-1", ["self-hosted"])


def test_the_stand_ins_groups_are_as_github_describes_them(given: Given) -> None:
    path = "/orgs/octo/actions/runner-groups"
    given.actions.scopes.add_group(
        "octo", Group(id=7, name="few", repositories=frozenset({"octo/repo"}))
    )
    for query, names in (
        ("", ["Default", "deploy", "few"]),
        ("?visible_to_repository=repo", ["Default", "deploy", "few"]),
        ("?visible_to_repository=other", ["Default", "deploy"]),
    ):
        answer = given.rest.answer(
            Request.from_values(
                f"{path}{query}", headers={"Authorization": f"token {simulated.TOKEN}"}
            )
        )
        check_answer("GET", path, answer.status_code, answer.get_json())
        assert [one["name"] for one in answer.get_json()["runner_groups"]] == names
