"""What subscribers are told: what went wrong, once, with the reason; nothing of what went well."""

from dataclasses import replace as replace_fields

from msgspec.structs import replace

from shared.ports import Notice, Unavailable
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.notices import SimulatedNotices


class TellingFleet(SimulatedFleet):
    """`told` is what its subscribers have heard."""

    def __init__(self, **policy: object) -> None:
        super().__init__(replace(stories.POLICY, notices=True, **policy))
        self.notices = SimulatedNotices()
        self.deps = replace_fields(self.deps, notices=self.notices)

    def told(self) -> list[tuple[str, int, str | None]]:
        return [(one.kind, one.job_id, one.runner_id) for one in self.notices.sent]


def test_a_job_that_goes_well_tells_nobody() -> None:
    fleet = TellingFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.settle()
    assert fleet.told() == []


def test_a_refused_job_is_told_once_with_its_reason() -> None:
    fleet = TellingFleet()
    fleet.queue(7, labels=("class:xl",))
    fleet.settle()
    fleet.driver().drive("job-7")
    (notice,) = fleet.notices.sent
    assert notice == Notice(
        kind="Job Refused",
        fleet="fleet",
        job_id=7,
        reason='class "xl" is not defined; defined: large, small',
        repository="octo/repo",
    )


def test_each_runner_that_failed_is_told_and_the_job_that_is_given_up() -> None:
    fleet = TellingFleet(max_launches=2)
    fleet.queue(7)
    fleet.settle()
    for runner_id in ("fleet-7-1", "fleet-7-2"):
        fleet.exits(runner_id, exit_code=1)
        fleet.settle()
    assert fleet.told() == [
        ("Runner Failed", 7, "fleet-7-1"),
        ("Runner Failed", 7, "fleet-7-2"),
        ("Job Refused", 7, None),
    ]


def test_that_launches_have_stopped_is_told() -> None:
    fleet = TellingFleet(circuit_failures=1)
    fleet.queue(7)
    fleet.settle()
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.settle()
    assert ("Launches Stopped", 7, "fleet-7-1") in fleet.told()


def test_a_bus_that_is_down_holds_nothing_up_and_is_told_later() -> None:
    class Down(SimulatedNotices):
        up = False

        def send(self, notice: Notice) -> None:
            if not self.up:
                raise Unavailable("EventBridge: ThrottlingException")
            super().send(notice)

    fleet = TellingFleet()
    bus = Down()
    fleet.deps = replace_fields(fleet.deps, notices=bus)
    fleet.queue(7)
    fleet.settle()
    fleet.exits("fleet-7-1", exit_code=1)
    driven = fleet.driver().drive("job-7")
    assert driven.reason == "EventBridge: ThrottlingException"
    assert fleet.row("fleet-7-2").task_arn is not None, "the job has its next runner all the same"
    bus.up = True
    fleet.settle()
    assert [one.kind for one in bus.sent] == ["Runner Failed"]


def test_without_a_bus_nothing_is_to_be_told() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7, labels=("class:xl",))
    fleet.settle()
    assert "NoticeSent" not in fleet.types(7)
