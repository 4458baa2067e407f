"""All sweeps run, whatever becomes of one of them, and what they did is measured."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from functions.janitor import handler
from functions.janitor.deadlines import deadlines
from functions.janitor.sweep import Janitor, Outcome, Swept, is_hour_of, run
from shared.domain.actions import Role
from shared.domain.unreadable import Unreadable
from shared.engine.drive import Driver
from shared.ports import Unavailable
from shared.reporting import observe
from tests.support.crash import Crasher
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor, running_fleet
from tests.support.stored import StoredFleet


class Context:
    function_name = "janitor"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:janitor"
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 120_000


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Invokes the handler with these sweeps."""

    def call(**sweeps: Any) -> dict[str, int]:
        monkeypatch.setattr(handler, "SWEEPS", sweeps or handler.SWEEPS)
        return handler.handler({}, Context())

    return call


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> SimulatedFleet:
    fleet = running_fleet(7)
    wired = janitor(fleet)
    monkeypatch.setattr(handler, "wired", lambda: wired)
    return fleet


def test_a_fleet_in_order_is_left_as_it_is(fleet: SimulatedFleet, invoke: Any) -> None:
    before = fleet.types(7)
    assert set(invoke().values()) == {0}
    assert (fleet.types(7), len(fleet.live())) == (before, 1)


def test_the_sweeps_of_a_run_share_the_rows_that_they_read(
    fleet: SimulatedFleet, invoke: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_status, live, read = fleet.table.by_status, fleet.table.live, list[str]()

    def counted(status: str, *limit: Any, **more: Any) -> Any:
        read.append(status)
        return by_status(status, *limit, **more)

    def counted_live(now: Any) -> Any:
        read.append("live")
        return live(now)

    monkeypatch.setattr(fleet.table, "by_status", counted)
    monkeypatch.setattr(fleet.table, "live", counted_live)
    invoke()
    assert sorted(read) == ["FAILED", "OFFLINE", "live"]
    invoke()
    assert len(read) == 6, "a run reads anew"


def test_a_sweep_that_breaks_down_keeps_no_other_from_running(
    fleet: SimulatedFleet, invoke: Any
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


def test_a_sweep_that_can_not_read_its_own_part_is_reported_and_fails_no_run() -> None:
    fleet = StoredFleet()

    def unreadable(_: Janitor) -> Swept:
        raise Unreadable("slots-3", "damaged")

    assert run(janitor(fleet), {"One": unreadable}) == {"One": Swept(found=1)}
    assert fleet.left_out == ["slots-3"]


def test_what_a_sweep_failed_at_is_logged_with_its_subject_and_traceback() -> None:
    written = StringIO()
    logger = Logger(service="janitor-failures", stream=written)
    handler._report(logger, "job-7", Unavailable("ECS: throttled"))
    line = json.loads(written.getvalue())
    assert (line["level"], line["subject"]) == ("ERROR", "job-7")
    assert "ECS: throttled" in line["exception"]


def test_each_port_that_is_down_fails_only_the_sweeps_that_need_it(
    fleet: SimulatedFleet, invoke: Any
) -> None:
    def down(*_: Any) -> Any:
        raise Unavailable("down")

    fleet.registrations.registered = down
    fleet.tasks.live = down
    fleet.clock.advance(301)
    with pytest.raises(handler.SweepFailedError) as caught:
        invoke()
    assert "GhostRegistrations: octo/repo" in str(caught.value)
    assert "OrphanTasks: OrphanTasks" in str(caught.value)
    assert fleet.row("fleet-7-1").stopping == "took no job within 300 s"


def test_what_failed_is_named_and_raised_so_that_it_is_seen_and_retried(
    fleet: SimulatedFleet, invoke: Any
) -> None:
    with pytest.raises(handler.SweepFailedError, match="2 failed, such as One: job-1, One: job-2"):
        invoke(One=lambda _: Swept(found=3, repaired=1, failed=("job-1", "job-2")))


def test_what_a_sweep_did_is_logged_under_its_own_name(
    fleet: SimulatedFleet, invoke: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fleet.clock.advance(301)
    invoke()
    told = _swept(caplog)
    assert told["Deadlines"] == {"found": 1, "repaired": 1, "failed": 0, "skipped": 0}
    one = Swept(found=3, repaired=1, failed=("job-1", "job-2"), skipped=4)
    with pytest.raises(handler.SweepFailedError):
        invoke(One=lambda _: one, Two=lambda _: Swept(skipped=5))
    assert _swept(caplog) == {
        "One": {"found": 3, "repaired": 1, "failed": 2, "skipped": 4},
        "Two": {"found": 0, "repaired": 0, "failed": 0, "skipped": 5},
    }


def test_a_run_at_rest_sends_no_metric_and_logs_nothing(
    monkeypatch: pytest.MonkeyPatch,
    invoke: Any,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A metric costs for each hour in which it is sent, whatever its value."""
    monkeypatch.setattr(handler, "wired", lambda: janitor(SimulatedFleet()))
    invoke()
    assert (_metrics(capsys), caplog.records) == ({}, [])


def test_a_run_while_runners_are_live_logs_how_many_do_what(
    fleet: SimulatedFleet,
    invoke: Any,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet.queue(8)
    invoke()
    assert _metrics(capsys) == {}
    (line,) = [vars(record) for record in caplog.records]
    assert line["message"] == "live runners"
    assert {name: line[name] for name in ("running", "idle", "launching", "waiting")} == {
        "running": 0,
        "idle": 1,
        "launching": 0,
        "waiting": 1,
    }
    assert line["max_runners"] == fleet.policy.max_runners


def test_a_launch_by_the_janitor_is_counted_since_it_has_an_alarm(
    monkeypatch: pytest.MonkeyPatch, invoke: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    wired = janitor(fleet)
    on_event = observe(handler.logger, handler.metrics, handler.LAUNCHES)
    object.__setattr__(wired.driver, "on_event", on_event)
    monkeypatch.setattr(handler, "wired", lambda: wired)
    fleet.clock.advance(301)
    invoke()
    assert fleet.live_runners() == ["fleet-7-1"]
    assert _metrics(capsys) == {"JanitorLaunches": [1.0]}


def test_the_age_of_the_runners_version_is_measured_four_times_a_day_whatever_fails(
    monkeypatch: pytest.MonkeyPatch, invoke: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = running_fleet()
    wired = janitor(fleet, runner_released=fleet.clock.now().date() - timedelta(days=61))
    monkeypatch.setattr(handler, "wired", lambda: wired)
    with pytest.raises(handler.SweepFailedError):
        invoke(One=lambda _: Swept(failed=("job-1",)))
    assert _metrics(capsys)["RunnerVersionAgeDays"] == [61.0]
    measured = set()
    for _ in range(24 * 60):
        invoke(One=lambda _: Swept())
        if "RunnerVersionAgeDays" in _metrics(capsys):
            measured.add(fleet.clock.now().hour)
        fleet.clock.advance(60)
    assert len(measured) == 4, "a metric costs for each hour in which it is sent"


def test_no_age_is_told_of_a_version_whose_day_is_unknown(
    fleet: SimulatedFleet, invoke: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_hour_of(handler.MEASURING, fleet.clock.now())
    invoke()
    assert "RunnerVersionAgeDays" not in _metrics(capsys)


def test_a_sweep_that_takes_all_of_its_time_leaves_the_others_theirs() -> None:
    fleet = SimulatedFleet()
    begun = fleet.clock.now()

    def slow(janitor: Janitor) -> Swept:
        return janitor.each(range(1000), lambda _: _takes(fleet, 1), str)

    swept = run(janitor(fleet), {"One": slow, "Two": slow, "Three": slow}, seconds=30)
    assert [(one.found, one.skipped) for one in swept.values()] == [(10, 990)] * 3
    assert fleet.clock.now() - begun == timedelta(seconds=30)


def test_what_a_sweep_does_not_need_is_the_others() -> None:
    fleet = SimulatedFleet()
    found = dict.fromkeys(("Quick", "Slow"), 0)

    def quick(janitor: Janitor) -> Swept:
        return janitor.each(range(2), lambda _: _takes(fleet, 1), str)

    def slow(janitor: Janitor) -> Swept:
        return janitor.each(range(1000), lambda _: _takes(fleet, 1), str)

    for _ in range(2):  # each of them is the first one once
        swept = run(janitor(fleet), {"Quick": quick, "Slow": slow}, seconds=20)
        found = {name: found[name] + one.found for name, one in swept.items()}
        fleet.clock.advance(60)
    assert found["Quick"] == 2 * 2
    assert found["Slow"] >= 10 + 18


def test_another_sweep_comes_first_in_each_run_and_none_is_left_out() -> None:
    fleet = SimulatedFleet()
    order: list[str] = []
    sweeps = {name: lambda _, name=name: order.append(name) or Swept() for name in "abc"}
    for _ in range(4):
        run(janitor(fleet), sweeps)
        fleet.clock.advance(60)
    runs = ["".join(order[first : first + 3]) for first in range(0, 12, 3)]
    assert len(set(runs[:3])) == 3
    assert {one[0] for one in runs[:3]} == {"a", "b", "c"}
    assert set(runs) <= {"abc", "bca", "cab"}
    assert runs[3] == runs[0]


def test_no_sweep_begins_with_anything_when_the_time_is_up_before_it() -> None:
    fleet = SimulatedFleet()

    def slow_to_look(janitor: Janitor) -> Swept:
        fleet.clock.advance(100)
        return janitor.each(range(3), lambda _: Outcome.REPAIRED, str)

    swept = run(janitor(fleet), {"One": slow_to_look, "Two": slow_to_look}, seconds=50)
    assert set(swept.values()) == {Swept(skipped=3)}


def test_a_run_leaves_the_function_time_to_report(
    monkeypatch: pytest.MonkeyPatch, fleet: SimulatedFleet, invoke: Any
) -> None:
    given: list[float] = []

    def remember(_janitor: Janitor, _sweeps: Any, seconds: float) -> dict[str, Swept]:
        given.append(seconds)
        return {}

    monkeypatch.setattr(handler, "run", remember)
    invoke()
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 30_000)
    invoke()
    assert given == [50.0, 20.0]


def _takes(fleet: SimulatedFleet, seconds: float) -> Outcome:
    fleet.clock.advance(seconds)
    return Outcome.DEFERRED


def _swept(caplog: pytest.LogCaptureFixture) -> dict[str, dict[str, int]]:
    """What was logged of each sweep since the last look."""
    lines: list[Any] = [one for one in caplog.records if one.getMessage() == "swept"]
    caplog.clear()
    keys = ("found", "repaired", "failed", "skipped")
    return {one.sweep: {key: getattr(one, key) for key in keys} for one in lines}


def _metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, list[float]]:
    """All metrics of the lines that CloudWatch would read as such, with their values."""
    lines = [json.loads(one) for one in capsys.readouterr().out.splitlines() if '"_aws"' in one]
    return {
        metric["Name"]: line[metric["Name"]]
        for line in lines
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }


def test_only_due_rows_are_swept_and_one_failure_does_not_stop_the_others() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.clock.advance(301)
    fleet.queue(3)
    read = fleet.log.read

    def broken(stream: str) -> Any:
        if stream == "job-1":
            raise Unavailable("throttled")
        return read(stream)

    fleet.log.read = broken
    failures: list[str] = []
    swept = deadlines(janitor(fleet, failures))
    assert (swept.found, swept.repaired) == (2, 1)
    assert swept.failed == tuple(failures) == ("job-1",)
    assert fleet.row("fleet-2-1").stopping == "did not come up within 300 s"
    assert fleet.row("fleet-3-1").stopping is None


def test_stalled_work_whose_nudge_was_lost_is_done() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.log.nudges.clear()
    fleet.clock.advance(61)
    assert deadlines(janitor(fleet)).repaired == 1
    assert len(fleet.live()) == 1
    assert deadlines(janitor(fleet)) == Swept()


def test_no_sweep_processes_finished_rows_again() -> None:
    fleet = running_fleet(7, 8)
    fleet.starts(7, "fleet-7-1")
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.starts(8, "fleet-8-1")
    fleet.exits("fleet-8-1", exit_code=137)
    fleet.completes(8, "fleet-8-1", "failure")
    fleet.registrations.ended("fleet-8-1")
    fleet.settle()
    assert fleet.statuses() == {"fleet-7-1": "OFFLINE", "fleet-8-1": "FAILED"}
    fleet.clock.advance(10_000)
    calls = Crasher()
    swept = run(janitor(fleet, deps=calls.deps(fleet.deps)), handler.SWEEPS)
    assert set(swept.values()) == {Swept()}
    looked_or_acted = {"log.read", "log.append", "tasks.stop", "registrations.delete"}
    assert looked_or_acted.isdisjoint(calls.calls)
    assert "tasks.live" in calls.calls


def test_a_stop_for_the_ttl_is_counted_and_logged_as_such_and_no_other_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fleet = running_fleet(7, 8)
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    metrics, logger = Metrics(namespace="Test", service="test"), Logger(service="ttl")
    metrics.clear_metrics()
    watched = Driver(
        deps=fleet.deps, actor="janitor", roles=tuple(Role), on_event=observe(logger, metrics)
    )
    fleet.clock.advance(301)
    watched.drive("job-8")
    assert fleet.row("fleet-8-1").stopping == "took no job within 300 s"
    assert "TtlStops" not in metrics.metric_set
    fleet.clock.advance(7000)
    watched.drive("job-7")
    assert metrics.metric_set["TtlStops"]["Value"] == [1.0]
    metrics.clear_metrics()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    reasons = {one["runner_id"]: one["reason"] for one in lines if one["message"] == "StopIntended"}
    assert reasons["fleet-7-1"] == "runner_ttl_seconds (7200 s) exceeded"
    assert fleet.task(str(fleet.row("fleet-7-1").task_arn)).last_status == "STOPPED"
