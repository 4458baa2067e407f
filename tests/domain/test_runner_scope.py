"""Where runners are registered follows from the repository's owner; one rule chooses the group."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.runner_scope import GroupRule, Level, RunnerScope, RunnerScopes, group_of

TWO = RunnerScopes(organizations=("Acme", "octo"))
INC = RunnerScopes(enterprise="octo-inc")
NAMES = st.text(string.ascii_letters + string.digits, min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("scopes", "place", "level", "name"),
    [
        (RunnerScopes(), "octo/repo", Level.REPOSITORY, "octo/repo"),
        (TWO, "octo/repo", Level.ORGANIZATION, "octo"),
        (TWO, "ACME/shop", Level.ORGANIZATION, "Acme"),
        (TWO, "acme", Level.ORGANIZATION, "Acme"),
        (TWO, "acme-labs/shop", Level.REPOSITORY, "acme-labs/shop"),
        (INC, "octo/repo", Level.ENTERPRISE, "octo-inc"),
        (INC, "octo-inc", Level.ENTERPRISE, "octo-inc"),
    ],
)
def test_the_owner_of_a_repository_determines_its_scope(
    scopes: RunnerScopes, place: str, level: Level, name: str
) -> None:
    assert scopes.of(place) == RunnerScope(level=level, name=name)


def test_scopes_without_a_repository_are_the_organizations_or_the_enterprise() -> None:
    assert [str(one) for one in TWO.shared()] == ["organization Acme", "organization octo"]
    assert [str(one) for one in INC.shared()] == ["enterprise octo-inc"]
    assert RunnerScopes().shared() == []


@pytest.mark.parametrize(
    ("scopes", "other", "reached"),
    [
        (RunnerScopes(), "Octo/Repo", True),
        (RunnerScopes(), "octo/other", False),
        (TWO, "OCTO/other", True),
        (TWO, "acme/repo", False),
        (TWO, "me/repo", False),
        (INC, "acme/shop", True),
    ],
)
def test_github_may_assign_jobs_of_the_same_scope(
    scopes: RunnerScopes, other: str, reached: bool
) -> None:
    assert scopes.reaches("octo/repo", other) is reached
    assert scopes.reaches(other, "octo/repo") is reached


@given(
    organizations=st.lists(NAMES, max_size=3).map(tuple),
    enterprise=st.just("") | NAMES,
    owner=NAMES,
    name=NAMES,
)
def test_a_scopes_name_stands_for_the_scope(
    organizations: tuple[str, ...], enterprise: str, owner: str, name: str
) -> None:
    scopes = RunnerScopes(organizations=organizations, enterprise=enterprise)
    scope = scopes.of(f"{owner}/{name}")
    assert scopes.of(scope.name) == scope
    assert scope in scopes.shared() or scope.level is Level.REPOSITORY


RULES = (
    GroupRule(repositories="acme/deploy-*", group="deploy"),
    GroupRule(repositories="Acme/*", group="build"),
    GroupRule(repositories="acme/deploy-late", group="never"),
)


@pytest.mark.parametrize(
    ("repository", "group"),
    [
        ("acme/deploy-web", "deploy"),
        ("ACME/Deploy-Web", "deploy"),
        ("acme/deploy-late", "deploy"),
        ("acme/shop", "build"),
        ("octo/deploy-web", None),
    ],
)
def test_the_first_rule_that_matches_names_the_group(repository: str, group: str | None) -> None:
    assert group_of(RULES, repository) == group
