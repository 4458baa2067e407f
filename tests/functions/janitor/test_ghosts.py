"""Ghost registrations: deleted if offline and of a runner that is over, never of one coming up."""

from typing import Any

import pytest
from msgspec.structs import replace

from functions.janitor import ghosts
from functions.janitor.ghosts import ghost_registrations
from functions.janitor.sweep import Swept
from shared.domain import events as e
from shared.domain.policy import Policy
from shared.domain.runner_scope import RunnerScopes
from shared.ports import Conflict, Refused
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import GRACE, janitor, running_fleet

NONE = Swept()
REPOSITORY = "octo/repo"


def _left(fleet: SimulatedFleet) -> list[str]:
    return fleet.registrations.names()


def _over(fleet: SimulatedFleet) -> None:
    """Runner fleet-7-1 has run its job and is over."""
    fleet.starts(7, "fleet-7-1")
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.settle()


def _ghost(fleet: SimulatedFleet, name: str = "fleet-7-1", repository: str = REPOSITORY) -> int:
    return fleet.registrations.mint(repository, name, ["self-hosted"]).github_runner_id


def test_runners_that_come_up_or_work_and_those_of_others_are_left_alone() -> None:
    fleet = running_fleet(7, 8)
    fleet.queue(9)
    fleet.settle()
    fleet.registrations.set_busy("fleet-8-1")
    fleet.registrations.connect("fleet-7-1")
    for stranger in ("fleet", "other-7-1", "fleet-dev-7-1", "my-laptop"):
        _ghost(fleet, stranger)
    fleet.clock.advance(GRACE)
    assert ghost_registrations(janitor(fleet)) == NONE
    assert len(_left(fleet)) == 7


@pytest.mark.parametrize("number", [4, 8])
def test_a_registration_that_the_log_does_not_know_is_deleted(number: int) -> None:
    fleet = running_fleet(7)
    _ghost(fleet, f"fleet-{number}-1")
    assert ghost_registrations(janitor(fleet)) == Swept(found=1, repaired=1)
    assert _left(fleet) == ["fleet-7-1"]
    assert f"job-{number}" not in fleet.log.events


def test_an_online_runner_is_left_alone_even_if_the_log_does_not_know_it() -> None:
    fleet = running_fleet(7)
    _ghost(fleet, "fleet-8-1")
    fleet.registrations.connect("fleet-8-1")
    assert ghost_registrations(janitor(fleet)) == NONE


def test_the_registration_of_a_runner_that_is_over_is_deleted_after_the_grace_period() -> None:
    fleet = running_fleet(7)
    _over(fleet)
    number = _ghost(fleet)
    assert ghost_registrations(janitor(fleet)) == NONE
    fleet.clock.advance(GRACE)
    assert ghost_registrations(janitor(fleet)) == Swept(found=1, repaired=1)
    assert _left(fleet) == []
    event = fleet.log.read("job-7")[-1].event
    assert event.id == f"janitor/fleet-7-1/deregistered/{number}"
    assert event.fact == e.RunnerDeregistered(runner_id="fleet-7-1", outcome="deleted")


def test_a_registration_that_became_busy_after_the_listing_is_left() -> None:
    fleet = running_fleet(7)
    _over(fleet)
    _ghost(fleet)
    fleet.clock.advance(GRACE)
    registered: Any = fleet.registrations.registered

    def then_busy(*asked: Any) -> Any:
        found = registered(*asked)
        fleet.registrations.set_busy("fleet-7-1")
        return found

    fleet.registrations.registered = then_busy
    assert ghost_registrations(janitor(fleet)) == Swept(found=1)
    assert _left(fleet) == ["fleet-7-1"]
    assert fleet.log.read("job-7")[-1].event.actor != "janitor"


def test_telling_a_closed_runner_that_it_is_deregistered_changes_nothing_that_people_see() -> None:
    fleet = running_fleet(7)
    _over(fleet)
    row, nudges = fleet.row("fleet-7-1"), len(fleet.log.nudges)
    _ghost(fleet)
    fleet.clock.advance(GRACE)
    ghost_registrations(janitor(fleet))
    once = fleet.history(7).state
    assert fleet.row("fleet-7-1") == row
    assert len(fleet.log.nudges) == nudges, "nobody has anything to do"
    _ghost(fleet)
    ghost_registrations(janitor(fleet))
    assert fleet.history(7).state == once
    assert fleet.types(7).count("RunnerDeregistered") == 2, "two registrations were deleted"


def test_sweeping_again_changes_nothing() -> None:
    fleet = running_fleet(7)
    _over(fleet)
    _ghost(fleet)
    fleet.clock.advance(GRACE)
    ghost_registrations(janitor(fleet))
    before = fleet.types(7)
    assert ghost_registrations(janitor(fleet)) == NONE
    assert fleet.types(7) == before


def test_a_deletion_is_told_of_even_if_somebody_else_appends_meanwhile() -> None:
    fleet = running_fleet(7)
    _over(fleet)
    _ghost(fleet)
    fleet.clock.advance(GRACE)
    append, races = fleet.log.append, [Conflict("somebody was faster")]

    def lost_once(*args: Any) -> None:
        if races:
            raise races.pop()
        append(*args)

    fleet.log.append = lost_once
    assert ghost_registrations(janitor(fleet)) == Swept(found=1, repaired=1)
    assert fleet.types(7)[-1] == "RunnerDeregistered"


def test_the_repositories_of_recent_rows_are_looked_at_the_newest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ghosts, "MOST_REPOSITORIES", 2)
    fleet = SimulatedFleet()
    for job_id, repository in ((1, "octo/old"), (2, "octo/b"), (3, "octo/c")):
        fleet.tell(job_id, e.JobQueued(fleet="fleet", job=_details(repository)))
        fleet.clock.advance(1)
        _ghost(fleet, f"fleet-9{job_id}-1", repository)
    fleet.completes(3, None, "cancelled")
    fleet.settle()
    assert {row.repository: row.status for row in fleet.table.all()} == {
        "octo/old": "STARTING",
        "octo/b": "STARTING",
        "octo/c": "OFFLINE",
    }
    for runner_id in ("fleet-1-1", "fleet-2-1"):
        fleet.registrations.ended(runner_id)
    fleet.clock.advance(GRACE)
    assert ghost_registrations(janitor(fleet)) == Swept(found=2, repaired=2)
    assert _left(fleet) == ["fleet-91-1"]
    fleet.clock.advance(90_000)
    fleet.requests.clear()
    assert ghost_registrations(janitor(fleet)) == NONE
    assert fleet.requests.count("github.list") == 0


def _details(repository: str) -> e.JobDetails:
    return e.JobDetails(repository=repository, labels=("self-hosted",))


def test_an_organization_is_asked_once() -> None:
    fleet = running_fleet(7, policy=_registering(organizations=("octo",)))
    _ghost(fleet, "fleet-8-1", "octo/other")
    assert ghost_registrations(janitor(fleet)).repaired == 1
    assert fleet.requests.count("github.list") == 1


def test_each_organization_and_each_other_repository_is_asked_once() -> None:
    fleet = running_fleet(7, policy=_registering(organizations=("octo", "Acme")))
    for job_id, repository in ((8, "octo/other"), (9, "acme/shop"), (10, "me/one"), (11, "me/one")):
        fleet.tell(job_id, e.JobQueued(fleet="fleet", job=_details(repository)))
    fleet.settle()
    ghosts_at = {"fleet-91-1": "octo/x", "fleet-92-1": "acme/x", "fleet-93-1": "me/one"}
    for name, repository in ghosts_at.items():
        _ghost(fleet, name, repository)
    fleet.requests.clear()
    assert ghost_registrations(janitor(fleet)) == Swept(found=3, repaired=3)
    assert fleet.requests.count("github.list") == 3
    assert not set(ghosts_at) & set(_left(fleet))


def test_an_organization_without_a_job_yet_is_asked_too() -> None:
    fleet = SimulatedFleet(_registering(organizations=("octo", "acme")))
    _ghost(fleet, "fleet-91-1", "acme/x")
    assert ghost_registrations(janitor(fleet)) == Swept(found=1, repaired=1)


def test_an_enterprise_is_asked_once_for_all_of_its_organizations() -> None:
    fleet = running_fleet(7, policy=_registering(enterprise="octo-inc"))
    fleet.tell(8, e.JobQueued(fleet="fleet", job=_details("acme/shop")))
    fleet.settle()
    _ghost(fleet, "fleet-91-1", "acme/x")
    fleet.requests.clear()
    assert ghost_registrations(janitor(fleet)) == Swept(found=1, repaired=1)
    assert fleet.requests.count("github.list") == 1


def test_of_many_organizations_each_run_asks_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ghosts, "MOST_SHARED", 2)
    names = tuple(f"org-{number}" for number in range(5))
    fleet = SimulatedFleet(_registering(organizations=names))
    for number, name in enumerate(names, 91):
        _ghost(fleet, f"fleet-{number}-1", f"{name}/x")
    for _ in range(8):
        fleet.requests.clear()
        ghost_registrations(janitor(fleet))
        assert fleet.requests.count("github.list") <= 2
        fleet.clock.advance(60)
    assert _left(fleet) == []


def _registering(**scopes: Any) -> Policy:
    return replace(stories.POLICY, runner_scopes=RunnerScopes(**scopes))


def test_a_repository_that_is_gone_does_not_save_the_ghosts_of_others() -> None:
    fleet = running_fleet(7)
    fleet.tell(8, e.JobQueued(fleet="fleet", job=_details("octo/gone")))
    _ghost(fleet, "fleet-9-1")
    registered = fleet.registrations.registered

    def some(repository: str, limit: int) -> Any:
        if repository == "octo/gone":
            raise Refused("GitHub: 404 Not Found")
        return registered(repository, limit)

    fleet.registrations.registered = some
    swept = ghost_registrations(janitor(fleet))
    assert swept == Swept(found=2, repaired=1, failed=("octo/gone",))


def test_a_run_is_bounded_and_the_oldest_registrations_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ghosts, "MOST_GHOSTS", 2)
    fleet = SimulatedFleet()
    for number in (1, 2, 3):
        _ghost(fleet, f"fleet-9{number}-1")
    fleet.queue(7)
    fleet.settle()
    registered = fleet.registrations.registered
    fleet.registrations.registered = lambda *args: registered(*args)[::-1]
    assert ghost_registrations(janitor(fleet)).repaired == 2
    assert ghost_registrations(janitor(fleet)).repaired == 1
