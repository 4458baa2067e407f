"""What an append stores as notices: what went wrong, once, with the reason."""

from msgspec.structs import replace

from shared.domain.notices import Notice
from tests.support import stories
from tests.support.fleet import SimulatedFleet


def _fleet(**policy: object) -> SimulatedFleet:
    return SimulatedFleet(replace(stories.POLICY, **policy))


def _notified(fleet: SimulatedFleet) -> list[tuple[str, int, str | None]]:
    return [(one.kind, one.job_id, one.runner_id) for one in fleet.log.notices]


def test_a_job_that_goes_well_is_no_notice() -> None:
    fleet = _fleet()
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.settle()
    assert fleet.log.notices == []


def test_a_refused_job_is_a_notice_with_its_reason() -> None:
    fleet = _fleet()
    fleet.queue(7, labels=("class:xl",))
    fleet.settle()
    fleet.driver().drive("job-7")
    assert fleet.log.notices == [
        Notice(
            kind="Job Refused",
            fleet="fleet",
            job_id=7,
            reason='class "xl" is not defined; defined: large, small',
            repository="octo/repo",
        )
    ]


def test_a_job_that_is_refused_again_after_it_was_queued_again_is_another_notice() -> None:
    fleet = _fleet()
    for _ in range(2):
        fleet.queue(7, labels=("class:xl",))
        fleet.settle()
    assert _notified(fleet) == [("Job Refused", 7, None)] * 2


def test_each_runner_that_failed_is_a_notice_and_the_job_that_is_given_up() -> None:
    fleet = _fleet(max_launches=2)
    fleet.queue(7)
    fleet.settle()
    for runner_id in ("fleet-7-1", "fleet-7-2"):
        fleet.exits(runner_id, exit_code=1)
        fleet.settle()
    assert _notified(fleet) == [
        ("Runner Failed", 7, "fleet-7-1"),
        ("Runner Failed", 7, "fleet-7-2"),
        ("Job Refused", 7, None),
    ]


def test_that_launches_have_stopped_is_a_notice() -> None:
    fleet = _fleet(circuit_failures=1)
    fleet.queue(7)
    fleet.settle()
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.settle()
    assert ("Launches Stopped", 7, "fleet-7-1") in _notified(fleet)


def test_notices_are_stored_with_the_event_that_caused_them() -> None:
    fleet = _fleet()
    fleet.queue(7)
    fleet.settle()
    fleet.exits("fleet-7-1", exit_code=1)
    items = fleet.log.client.scan(TableName="fleet-events")["Items"]
    (item,) = [one for one in items if "notices" in one]
    assert '"type":"TaskStopped"' in item["body"]["S"]
