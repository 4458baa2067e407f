"""A job from its webhook to the end of its runner, wherever runners are registered and as whom.

The functions run with the settings that an operator would choose, on GitHub's stand-in, whose
requests are compared with GitHub's description.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from werkzeug.wrappers import Request

from local.github.model import Group, Job
from local.github.scopes import enterprise
from shared.domain.stream import StreamId
from tests.simulation.world import app
from tests.simulation.world.profile import profile_of
from tests.simulation.world.world import World
from tests.support.openapi import check_request

TOKEN: Mapping[str, str] = {}
LABELS = ("self-hosted", "linux")
SECONDS = 900.0
"""So long a story takes at most, with several runs of the Janitor at its end."""
MINT = "/actions/runners/generate-jitconfig"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Settings, and where they have the runners of jobs registered.

    Attributes:
        jobs: The expected path of the registration by the job's repository.
        ghosts: The stand-in's names of the scopes in which the Janitor has to look for ghosts.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, str]
    ghosts: tuple[str, ...]


AT_REPOSITORY = Scope(jobs={"octo/repo": "/repos/octo/repo"}, ghosts=("octo/repo",))
AT_ORGANIZATION = Scope(
    settings={"GITHUB_ORGANIZATIONS": "octo"},
    jobs={"octo/repo": "/orgs/octo", "octo/other": "/orgs/octo"},
    ghosts=("octo",),
)
AT_TWO_ORGANIZATIONS = Scope(
    settings={"GITHUB_ORGANIZATIONS": "octo,acme", "GITHUB_SCOPE": "octo,acme"},
    jobs={"octo/repo": "/orgs/octo", "acme/shop": "/orgs/acme"},
    ghosts=("octo", "acme"),
)
AT_ORGANIZATION_AND_REPOSITORY = Scope(
    settings={"GITHUB_ORGANIZATIONS": "octo", "GITHUB_SCOPE": "octo,me/site"},
    jobs={"octo/repo": "/orgs/octo", "me/site": "/repos/me/site"},
    ghosts=("octo", "me/site"),
)
AT_ENTERPRISE = Scope(
    settings={"GITHUB_ENTERPRISE": "octo-inc", "GITHUB_SCOPE": "octo,acme"},
    jobs={"octo/repo": "/enterprises/octo-inc", "acme/shop": "/enterprises/octo-inc"},
    ghosts=(enterprise("octo-inc"),),
)

STORIES = {
    "token, repository": (TOKEN, AT_REPOSITORY),
    "token, organization": (TOKEN, AT_ORGANIZATION),
    "token, two organizations": (TOKEN, AT_TWO_ORGANIZATIONS),
    "token, organization and repository": (TOKEN, AT_ORGANIZATION_AND_REPOSITORY),
    "token, enterprise": (TOKEN, AT_ENTERPRISE),
    "App, repository": (app.SETTINGS, AT_REPOSITORY),
    "App, organization": (app.SETTINGS, AT_ORGANIZATION),
    "App, two organizations": (app.SETTINGS, AT_TWO_ORGANIZATIONS),
    "App, organization and repository": (app.SETTINGS, AT_ORGANIZATION_AND_REPOSITORY),
}


class Story:
    """A world without faults, at whose GitHub every request is checked and kept.

    Attributes:
        minted: The paths at which runners were registered, in order.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        profile = replace(profile_of("calm", 1), jobs=(0, 0), settings=dict(settings))
        self.world = World(1, profile)
        self.actions = self.world.actions
        self.actions.scopes.add_enterprise("octo-inc", ["octo", "acme"])
        self.world.github.rest.faults = self._see
        self.minted: list[str] = []

    def queue(self, *repositories: str) -> list[Job]:
        """Queue a job of each repository, and run the world to the end of the story."""
        jobs = [self.actions.queue(one, LABELS) for one in repositories]
        self.world.agenda.run(self.world.agenda.seconds + SECONDS)
        return jobs

    def types(self, job: Job) -> list[str]:
        """The types of the job's events."""
        return [one.event.type for one in self.world.log.read(StreamId.of_job(job.id))]

    def _see(self, request: Request) -> None:
        check_request(request.method, request.full_path, request.get_json(silent=True))
        if request.path.endswith(MINT):
            self.minted.append(request.path.removesuffix(MINT))


@pytest.mark.parametrize("name", STORIES)
def test_a_job_is_served_wherever_its_runner_is_registered(name: str) -> None:
    credentials, scope = STORIES[name]
    story = Story({**credentials, **scope.settings})
    jobs = story.queue(*scope.jobs)
    assert sorted(story.minted) == sorted(scope.jobs.values())
    for job in jobs:
        assert (job.status, job.conclusion) == ("completed", "success")
        rows = [row for row in story.world.table.all() if row.job_id == job.id]
        assert [(row.status, row.runner_id) for row in rows] == [("OFFLINE", f"fleet-{job.id}-1")]
        assert {"RunnerLaunched", "JobCompleted", "TaskStopped"} <= set(story.types(job))
    assert {row.ran_job_id for row in story.world.table.all()} == {job.id for job in jobs}
    assert story.actions.registered() == []
    assert dict(story.world.functions.errors) == {}


@pytest.mark.parametrize("name", STORIES)
def test_the_janitor_deletes_ghosts_wherever_runners_are_registered(name: str) -> None:
    credentials, scope = STORIES[name]
    story = Story({**credentials, **scope.settings})
    for number, place in enumerate(scope.ghosts, 91):
        story.actions.register(place, f"fleet-{number}-1", LABELS)
    story.queue(*scope.jobs)
    assert story.actions.registered() == []
    assert dict(story.world.functions.errors) == {}


@pytest.mark.parametrize("credentials", [TOKEN, app.SETTINGS], ids=["token", "App"])
def test_runners_join_the_group_that_the_rules_name(credentials: Mapping[str, str]) -> None:
    rules = [
        {"repositories": "octo/rep*", "group": "build"},
        {"repositories": "acme/*", "group": "build"},
    ]
    story = Story(
        {**credentials, **AT_TWO_ORGANIZATIONS.settings, "RUNNER_GROUPS": json.dumps(rules)}
    )
    for owner, number in (("octo", 5), ("acme", 9)):
        story.actions.scopes.add_group(owner, Group(id=number, name="build"))
    # One after another: a job may take the runner of another one of its organization.
    jobs = [story.queue(one)[0] for one in ("octo/repo", "octo/other", "acme/shop")]
    assert [job.runner_group_id for job in jobs] == [5, 1, 9]


def test_a_group_that_is_missing_refuses_the_job_and_launches_nothing() -> None:
    rules = [{"repositories": "acme/*", "group": "build"}]
    story = Story({**AT_TWO_ORGANIZATIONS.settings, "RUNNER_GROUPS": json.dumps(rules)})
    (job,) = story.queue("acme/shop")
    assert (job.status, story.world.ecs.tasks) == ("queued", {})
    (row,) = story.world.table.all()
    told = 'GitHub: organization acme has no runner group "build"; it has: Default'
    assert (row.status, row.failure_reason) == ("FAILED", told)
    assert "LaunchFailed" in story.types(job)
    (status,) = story.world.github.rest.statuses.all
    assert (status.state, told in status.description) == ("failure", True)
