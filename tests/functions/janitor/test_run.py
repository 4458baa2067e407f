"""All sweeps run, whatever becomes of one of them, and what they did is measured."""

from typing import Any

import pytest

from functions.janitor import handler
from functions.janitor.deadlines import deadlines
from functions.janitor.sweep import Janitor, Swept
from shared.ports import Unavailable
from tests.support.fleet import MemoryFleet
from tests.support.janitor import janitor, running_fleet


class Context:
    function_name = "janitor"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:janitor"
    aws_request_id = "request-1"


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Invokes the handler with these sweeps."""

    def call(**sweeps: Any) -> dict[str, int]:
        monkeypatch.setattr(handler, "SWEEPS", sweeps or handler.SWEEPS)
        return handler.handler({}, Context())

    return call


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> MemoryFleet:
    fleet = running_fleet(7)
    wired = janitor(fleet)
    monkeypatch.setattr(handler, "wired", lambda: wired)
    return fleet


def test_a_fleet_in_order_is_left_as_it_is(fleet: MemoryFleet, invoke: Any) -> None:
    before = fleet.types(7)
    assert set(invoke().values()) == {0}
    assert (fleet.types(7), len(fleet.tasks.live())) == (before, 1)


def test_a_sweep_that_breaks_down_keeps_no_other_from_running(
    fleet: MemoryFleet, invoke: Any
) -> None:
    ran: list[str] = []

    def broken(_: Janitor) -> Swept:
        raise Unavailable("ECS: throttled")

    def other(_: Janitor) -> Swept:
        ran.append("other")
        return Swept()

    with pytest.raises(handler.SweepFailedError, match="1 failed, such as Broken: Broken"):
        invoke(Broken=broken, Other=other)
    assert ran == ["other"]


def test_each_port_that_is_down_fails_only_the_sweeps_that_need_it(
    fleet: MemoryFleet, invoke: Any
) -> None:
    def down(*_: Any) -> Any:
        raise Unavailable("down")

    fleet.registrations.registered = down  # type: ignore[method-assign]
    fleet.tasks.live = down  # type: ignore[method-assign]
    fleet.clock.advance(301)
    with pytest.raises(handler.SweepFailedError) as caught:
        invoke()
    assert "GhostRegistrations: octo/repo" in str(caught.value)
    assert "OrphanTasks: OrphanTasks" in str(caught.value)
    assert fleet.row("fleet-7-1").stopping == "took no job within 300 s"


def test_what_failed_is_named_and_raised_so_that_it_is_seen_and_retried(
    fleet: MemoryFleet, invoke: Any
) -> None:
    with pytest.raises(handler.SweepFailedError, match="2 failed, such as One: job-1, One: job-2"):
        invoke(One=lambda _: Swept(found=3, mended=1, failed=("job-1", "job-2")))


def test_every_sweep_has_its_own_metrics(
    fleet: MemoryFleet, invoke: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.clock.advance(301)
    invoke()
    told = capsys.readouterr().out
    assert '"DeadlinesFound":[1.0]' in told.replace(" ", "")
    assert '"DeadlinesMended":[1.0]' in told.replace(" ", "")
    for name in ("Deadlines", "OrphanTasks", "VanishedTasks", "GhostRegistrations"):
        for what in ("Found", "Mended", "Failed"):
            assert f'"{name}{what}"' in told


def test_only_due_rows_are_swept_and_one_failure_does_not_stop_the_others() -> None:
    fleet = MemoryFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.clock.advance(301)
    fleet.queue(3)
    read = fleet.log.read

    def broken(stream: str) -> Any:
        if stream == "job-1":
            raise Unavailable("throttled")
        return read(stream)

    fleet.log.read = broken  # type: ignore[method-assign]
    failures: list[str] = []
    swept = deadlines(janitor(fleet, failures))
    assert (swept.found, swept.mended) == (2, 1)
    assert swept.failed == tuple(failures) == ("job-1",)
    assert fleet.row("fleet-2-1").stopping == "did not come up within 300 s"
    assert fleet.row("fleet-3-1").stopping is None


def test_stalled_work_whose_nudge_was_lost_is_done() -> None:
    fleet = MemoryFleet()
    fleet.queue(7)
    fleet.log.nudges.clear()
    fleet.clock.advance(61)
    assert deadlines(janitor(fleet)).mended == 1
    assert len(fleet.tasks.live()) == 1
    assert deadlines(janitor(fleet)) == Swept()
