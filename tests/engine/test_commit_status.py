"""Commit statuses at GitHub: each reason of refusal, word for word, and its resolution."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from local.github.answers import refused
from local.github.commit_statuses import CommitStatus
from local.github.payloads import head_sha
from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.commit_status.rules import LEASE
from shared.domain.job.admission import KEPT_QUEUED
from shared.domain.policy import ClassSize, CommitStatuses
from tests.support import stories
from tests.support.images import IMAGES, BuildingFleet, build_id

URL = "https://example.com/refused-jobs"
ON = CommitStatuses(enabled=True, pending_after=600, url=URL)


class Fleet(BuildingFleet):
    """A fleet whose jobs have a commit at GitHub."""

    def __init__(self, **policy: Any) -> None:
        super().__init__()
        self.policy = replace(
            self.policy, **{"commit_statuses": ON, "images": None, "allow_public": False, **policy}
        )
        job = self.registrations.actions.queue("octo/repo", ("elsewhere",))
        self.sha = head_sha(job.run_id)

    def job(self, *labels: str, **more: Any) -> e.JobQueued:
        given = {"head_sha": self.sha, "workflow": "CI", "name": "build", "run_id": 9}
        return stories.queued(*labels, **{**given, **more})

    def refuse(self, *labels: str, **more: Any) -> None:
        self.tell(7, self.job(*labels, **more))
        self.settle()

    @property
    def shown(self) -> list[CommitStatus]:
        return self.registrations.statuses.all

    def texts(self) -> list[tuple[str, str | None]]:
        return [(one.state, one.description) for one in self.shown]


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


XL = 'Class "xl" is not defined; defined: large, small'
STATUS_TYPES = ["CommitStatusIntended", "CommitStatusCreated"]


def test_a_refused_job_has_a_failed_status_with_reason_context_and_link(fleet: Fleet) -> None:
    fleet.refuse("class:xl")
    (status,) = fleet.shown
    assert (status.repository, status.sha, status.state) == ("octo/repo", fleet.sha, "failure")
    assert status.context == "fleet / CI / build"
    assert status.description == 'Class "xl" is not defined; defined: large, small'
    assert status.target_url == URL
    assert fleet.types(7) == ["JobQueued", "JobRejected", *STATUS_TYPES]


def _queue(*labels: str, **more: Any) -> Callable[[Fleet], None]:
    return lambda fleet: fleet.refuse(*labels, **more)


def _old(fleet: Fleet) -> None:
    fleet.policy = replace(fleet.policy, max_runners=1)
    fleet.queue(1)
    fleet.settle()
    fleet.refuse()
    fleet.clock.advance(KEPT_QUEUED.total_seconds())
    fleet.policy = replace(fleet.policy, max_runners=2)
    fleet.driver(*Role).drive("job-7")


def _build_fails(fleet: Fleet) -> None:
    fleet.refuse("image:debian:13")
    fleet.ends(build_id(1), "exit status 100")
    fleet.settle()


def _image_is_late(fleet: Fleet) -> None:
    fleet.refuse("image:debian:13")
    fleet.clock.advance(2 * 1800)
    fleet.driver(*Role).drive("job-7")


def _registration_refused(fleet: Fleet) -> None:
    fleet.registrations.rest.faults = lambda asked: (
        refused(404, "Not Found") if asked.path.endswith("generate-jitconfig") else None
    )
    fleet.refuse()


def _given_up(fleet: Fleet) -> None:
    fleet.policy = replace(fleet.policy, max_launches=2)
    fleet.refuse()
    for number in (1, 2):
        fleet.exits(f"fleet-7-{number}", exit_code=1)
        fleet.settle()


def _second_build(fleet: Fleet) -> None:
    fleet.tell(8, fleet.job("image:debian:12"))
    fleet.settle()
    fleet.refuse("image:debian:13")


NO_BUILDS = {"images": replace(IMAGES, builds_a_day=0)}
ONE_BUILD = {"images": replace(IMAGES, repository_builds_a_day=1)}
BUILDS = {"images": IMAGES}
WRONG_SIZE = {"classes": {**stories.POLICY.classes, "odd": ClassSize(cpu=512, memory=999)}}
REASONS: dict[str, tuple[Callable[[Fleet], None], dict[str, Any], str]] = {
    "a label without a name": (
        _queue("class:"),
        {},
        'Label "class:" names nothing; write class:<name>',
    ),
    "two classes": (
        _queue("class:large", "class:small"),
        {},
        "More than one class: label: large, small; give one",
    ),
    "an unknown class": (
        _queue("class:xl"),
        {},
        'Class "xl" is not defined; defined: large, small',
    ),
    "a class of a wrong size": (
        _queue("class:odd"),
        WRONG_SIZE,
        'Class "odd": memory 999 does not go with cpu 512; allowed: 1024, 2048, 3072, 4096 MiB',
    ),
    "a public repository": (
        _queue(private=False),
        {},
        "Repository octo/repo is public; public repositories are not allowed",
    ),
    "a fork": (_queue(fork=True), {}, "Repository octo/repo is a fork; forks are not allowed"),
    "no run label": (
        _queue(),
        {"require_run_label": True},
        'A label that is unique to the run is required: "run:${{ github.run_id }}"',
    ),
    "no image builds": (
        _queue("image:debian:13"),
        {},
        'Label "image:debian:13" can\'t be served: image builds are not configured',
    ),
    "an image that is not allowed": (
        _queue("image:alpine:3"),
        BUILDS,
        'Label "image:alpine:3" is not allowed; allowed: ubuntu:*, debian:*',
    ),
    "an image that is no reference": (
        _queue("image:debian:13;reboot"),
        BUILDS,
        (
            'Label "image:debian:13;reboot" is not an image reference; '
            "allowed: [host/]name[:tag][@sha256:digest]"
        ),
    ),
    "too many builds": (
        _queue("image:debian:13"),
        NO_BUILDS,
        (
            'Image from "debian:13" could not be built: there were 0 image builds on 2026-01-01 '
            "(UTC), as many as max_image_builds_per_day allows"
        ),
    ),
    "too many builds of a repository": (
        _second_build,
        ONE_BUILD,
        (
            'Image from "debian:13" could not be built: jobs of octo/repo have caused 1 image '
            "builds on 2026-01-01 (UTC), as many as max_repository_imag…"
        ),
    ),
    "a build that fails": (
        _build_fails,
        BUILDS,
        (
            'Image from "debian:13" could not be built: the build ended as FAILED: BUILD: exit '
            "status 100; its log: https://console.aws.amazon.com/cloud…"
        ),
    ),
    "an image that is late": (
        _image_is_late,
        BUILDS,
        "Image debian-13-57500ca6b99d70a1386b852ec22fdd39 was not ready within 3600 s",
    ),
    "GitHub refuses the registration": (_registration_refused, {}, "GitHub: 404 Not Found"),
    "runners that end early": (
        _given_up,
        {},
        (
            "2 runners ended before they took the job; the last: EssentialContainerExited: "
            "Essential container in task exited (exit code 1)"
        ),
    ),
    "a job of yesterday": (
        _old,
        {},
        "GitHub queued it at 2026-01-01 00:00 UTC, and cancels what has been queued for 24 hours",
    ),
}
"""For each reason why a job gets no runner: what happens, under which policy, and the status."""


@pytest.mark.parametrize("name", list(REASONS))
def test_each_reason_of_refusal_is_shown_word_for_word_and_resolved_when_the_job_runs(
    name: str,
) -> None:
    happens, policy, text = REASONS[name]
    fleet = Fleet(**policy)
    happens(fleet)
    assert fleet.texts() == [("failure", text)]
    fleet.tell(7, stories.started("another-runner"))
    fleet.settle()
    assert fleet.texts() == [("failure", text), ("success", "A runner has taken the job.")]
    assert len({one.context for one in fleet.shown}) == 1


def test_the_page_that_a_status_links_to_explains_each_reason_once() -> None:
    page = (Path(__file__).parents[2] / "docs" / "refused-jobs.md").read_text()
    rows = re.findall(r"^\| `(.+?)` \| .+ \|$", page, re.MULTILINE)
    patterns = {row: ".*".join(map(re.escape, row.split("…"))) for row in rows}
    explained = {
        name: [row for row, pattern in patterns.items() if re.fullmatch(pattern, text)]
        for name, (_, _, text) in REASONS.items()
    }
    assert all(len(found) == 1 for found in explained.values()), explained
    assert {row for found in explained.values() for row in found} == set(rows)


# --- what goes wrong -----------------------------------------------------------------------------


def _fails_once(fleet: Fleet, answer: Any) -> list[str]:
    """Make the next request for a status fail; the paths of all of them are in the list."""
    asked: list[str] = []

    def fault(request: Any) -> Any:
        if "/statuses/" not in request.path:
            return None
        asked.append(request.path)
        return answer if len(asked) == 1 else None

    fleet.registrations.rest.faults = fault
    return asked


@pytest.mark.parametrize("status", [500, 429])
def test_a_status_that_github_does_not_answer_is_created_later(fleet: Fleet, status: int) -> None:
    asked = _fails_once(fleet, refused(status, "secondary rate limit", retry_after="30"))
    fleet.refuse("class:xl")
    assert len(asked) == 2
    assert [one.state for one in fleet.shown] == ["failure"]
    assert fleet.types(7) == ["JobQueued", "JobRejected", *STATUS_TYPES]


def test_a_status_that_github_refuses_is_recorded_and_not_requested_again(fleet: Fleet) -> None:
    asked = _fails_once(fleet, refused(403, "Resource not accessible by integration"))
    fleet.refuse("class:xl")
    (event,) = [one.event for one in fleet.log.read("job-7") if one.event.type.endswith("Refused")]
    assert event.fact.reason == "GitHub: 403 Resource not accessible by integration"
    fleet.tell(7, stories.started("another-runner"))
    fleet.settle()
    assert (len(asked), fleet.texts()) == (1, [])


def test_a_status_of_an_invocation_that_died_is_created_by_another_after_its_lease(
    fleet: Fleet,
) -> None:
    fleet.tell(7, fleet.job("class:xl"))
    fleet.driver(Role.SCHEDULER).drive("job-7")
    fact = e.CommitStatusIntended(number=1, state="failure", description=XL)
    fleet.tell(7, fact)
    driven = fleet.driver(Role.RECONCILER).drive("job-7")
    assert driven.retry_at == fleet.clock.now() + LEASE
    assert not fleet.shown
    fleet.clock.advance(LEASE.total_seconds())
    fleet.driver(Role.RECONCILER).drive("job-7")
    assert fleet.texts() == [("failure", XL)]


def test_without_commit_statuses_nothing_is_requested() -> None:
    fleet = Fleet(commit_statuses=CommitStatuses())
    fleet.refuse("class:xl")
    assert fleet.types(7) == ["JobQueued", "JobRejected"]
    assert fleet.requests.count("github.status") == 0


def test_a_job_that_runs_at_once_costs_no_request(fleet: Fleet) -> None:
    fleet.refuse()
    fleet.serves(7)
    assert fleet.requests.count("github.status") == 0


def test_the_janitor_alone_creates_a_status_whose_nudges_were_lost(fleet: Fleet) -> None:
    fleet.tell(7, fleet.job("class:xl"))
    fleet.driver(Role.SCHEDULER).drive("job-7")
    fleet.tell(7, e.CommitStatusIntended(number=1, state="failure", description=XL))
    fleet.clock.advance(timedelta(minutes=6).total_seconds())
    fleet.sweep()
    assert fleet.texts() == [("failure", XL)]
