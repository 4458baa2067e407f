"""`ecsrunner status --at`: the fleet as the event log recorded it by some time, on one screen."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from cli.status import past_survey
from shared.domain import events as e
from shared.domain import history, projection
from shared.domain.stream import StreamId
from shared.engine.consequences import nudging
from tests.cli.golden.fleets import eventful
from tests.cli.stubs import StubbedFleet
from tests.cli.support import RUNNER, CliFleet, answer, idle, mixed, on_terminal, run
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import BuildingFleet, build_id
from tests.support.log import SimulatedLog
from tests.support.recording import record_event
from tests.support.stored import StoredFleet


def broken(count: int) -> SimulatedFleet:
    """A fleet of which that many launches broke in a row; a minute passes after each."""
    fleet = SimulatedFleet(replace(stories.POLICY, circuit_failures=3))
    for job_id in range(1, count + 1):
        fleet.queue(job_id)
        fleet.settle()
        fleet.clock.advance(10)
        fleet.exits(f"fleet-{job_id}-1", exit_code=1)
        fleet.completes(job_id, None, "cancelled")
        fleet.settle()
        fleet.clock.advance(50)
    return fleet


# --- the screen ----------------------------------------------------------------------------------


def test_the_screen_has_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_terminal(monkeypatch, 80, CliFleet(mixed()), "status", "--at", "00:02:50")
    assert shown.splitlines() == [
        "fleet  2026-01-01 00:02:50 UTC, 45s ago, by the event log",
        "",
        "running    0",
        "idle       0",
        "launching  3, the longest for 6.5s",
        "waiting    0",
        "",
        "slots      3 held, 0 awaited",
        "circuit    closed",
        "builds     0 under way",
        "",
        "RUNNER      STATUS    SINCE  JOB  CLASS  REPOSITORY",
        "fleet-10-1  STARTING  6.5s   10   small  octo/repo",
        "fleet-11-1  STARTING  6.5s   11   small  octo/repo",
        "fleet-9-1   STARTING  6.5s   9    small  octo/repo",
        "",
        "Last failures (`ecsrunner runners history RUNNER`)",
        '  2026-01-01 00:02:43  fleet-8-1  class "xl" is not defined; defined: large,',
        "                                  small",
        "Note: the log does not have queues, alarms, versions, the images in ECR,",
        "GitHub's rate limits and max_runners of that time.",
    ]


@pytest.mark.parametrize("columns", [80, 140])
def test_the_screen_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    shown = on_terminal(monkeypatch, columns, eventful(), "status", "--at", "00:05:30")
    assert max(map(len, shown.splitlines())) <= columns
    assert len(shown.splitlines()) < 40


def test_who_waited_and_why_is_shown_with_the_build_that_was_waited_for() -> None:
    told = answer(eventful(), "status", "--at", "00:05:30")
    waiting = {one["reason"]: one["count"] for one in told["live"]["waiting"]}
    (build,) = told["builds"]
    assert waiting == {
        "all 3 runners that max_runners allows are in use": 2,
        f"the image {build['image_tag']}": 1,
    }
    assert (build["phase"], build["base"], build["waiting"]) == ("building", "debian:12", 1)
    assert told["slots"] == {"held": 3, "awaited": 2}


def test_many_runners_are_counted_and_the_first_ones_shown() -> None:
    simulated = SimulatedFleet()
    simulated.queue(*range(1, 13))
    simulated.settle()
    text = run(CliFleet(simulated), "status", "--at", "now").stdout
    assert "launching  12, the longest for 0.0s\n" in text
    assert text.count("  STARTING  ") == 8
    assert "\n  4 more (--json)\n" in text
    assert len(answer(CliFleet(simulated), "status", "--at", "now")["runners"]) == 12


def test_a_time_before_everything_shows_an_empty_fleet() -> None:
    fleet = CliFleet(mixed())
    told = answer(fleet, "status", "--at", "2025-12-31")
    assert (told["runners"], told["failures"], told["slots"]["held"]) == ([], [], 0)
    assert "No failed runners." in run(fleet, "status", "--at", "2025-12-31").stdout


def test_what_was_recorded_later_is_not_shown_even_if_it_had_happened() -> None:
    simulated = idle()
    simulated.clock.advance(120)
    begun = simulated.clock.now() - timedelta(seconds=100)
    _record(simulated, 7, stories.started(RUNNER), begun)
    fleet = CliFleet(simulated)
    for ago, status in (("50s", "WAITING_FOR_JOB"), ("now", "RUNNING")):
        (runner,) = answer(fleet, "status", "--at", ago)["runners"]
        assert runner["status"] == status


@pytest.mark.parametrize("fleet", [mixed, eventful, lambda: broken(2)])
def test_now_it_agrees_with_the_status_of_now(fleet: Any) -> None:
    made = fleet()
    stubbed = made if isinstance(made, StubbedFleet) else StubbedFleet(made)
    past, found = answer(stubbed, "status", "--at", "now"), answer(stubbed, "status")
    for name in ("at", "live", "failures"):
        assert past[name] == found[name]
    assert past["slots"] == {name: found["slots"][name] for name in ("held", "awaited")}
    assert past["circuit"]["broken"] == found["circuit"]["broken"]


# --- the circuit breaker -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "count", "opened"),
    [("00:00:05", 0, None), ("00:00:30", 1, None), ("00:02:30", 3, "2026-01-01T00:02:10Z")],
)
def test_broken_launches_in_a_row_are_counted_as_of_then(
    at: str, count: int, opened: str | None
) -> None:
    told = answer(CliFleet(broken(3)), "status", "--at", at)["circuit"]
    assert (told["broken"], told["opened_at"]) == (count, opened)


def test_an_open_circuit_breaker_is_shown_with_the_time_when_it_opened() -> None:
    text = run(CliFleet(broken(3)), "status", "--at", "now").stdout
    assert (
        "circuit    open since 2026-01-01 00:02:10 UTC, after 3 broken launches in a row: one "
        "launch was tried at a time\n"
    ) in text


def test_launches_that_broke_long_before_are_counted_back_to_a_runner_that_served() -> None:
    simulated = SimulatedFleet()
    for job_id, serves in ((1, False), (2, True), (3, False), (4, False)):
        simulated.queue(job_id)
        simulated.settle()
        if serves:
            simulated.serves(job_id)
        else:
            simulated.exits(f"fleet-{job_id}-1", exit_code=1)
            simulated.completes(job_id, None, "cancelled")
            simulated.settle()
        simulated.clock.advance(3600)
    assert answer(CliFleet(simulated), "status", "--at", "now")["circuit"]["broken"] == 2


def test_if_too_many_runners_took_no_job_the_count_is_noted_as_incomplete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(past_survey, "MOST_ENDED", 2)
    simulated = broken(3)
    simulated.clock.advance(3600)
    told = answer(CliFleet(simulated), "status", "--at", "now")
    assert told["circuit"]["broken"] == 2
    assert "the 2 runners that ended before took no job" in told["notes"][1]


# --- image builds --------------------------------------------------------------------------------


def test_a_build_is_shown_while_it_is_under_way_although_no_job_waits_for_it_any_more() -> None:
    simulated = BuildingFleet()
    simulated.queue(7, labels=("image:debian:12",))
    simulated.settle()
    simulated.clock.advance(30)
    simulated.completes(7, None, "cancelled")
    simulated.settle()
    simulated.clock.advance(3600)
    simulated.ends(build_id(1))
    simulated.settle()
    fleet = CliFleet(simulated)
    (build,) = answer(fleet, "status", "--at", "00:30")["builds"]
    assert (build["phase"], build["build_number"]) == ("building", 1)
    assert answer(fleet, "status", "--at", "now")["builds"] == []


# --- what it reads -------------------------------------------------------------------------------


def test_only_the_streams_of_runners_that_were_live_or_had_just_ended_are_read() -> None:
    simulated = SimulatedFleet()
    for job_id in range(1, 21):
        _queue_as_github(simulated, job_id)
        simulated.settle()
        simulated.serves(job_id)
        simulated.clock.advance(1800)
    fleet, log = CliFleet(simulated), _ReadLog(simulated.log)
    fleet.log = log
    assert answer(fleet, "status", "--at", "05:01")["runners"] == []
    assert sorted(log.jobs) == ["job-10", "job-11"], "that of 05:00, and the last one before"


def test_a_runner_of_a_job_that_was_queued_again_later_is_read() -> None:
    simulated = SimulatedFleet(replace(stories.POLICY, max_runners=0))
    _queue_as_github(simulated, 7)
    simulated.settle()
    simulated.clock.advance(60)
    simulated.tell(7, e.JobHeld(job=stories.details(), fleet="fleet"))
    simulated.clock.advance(3600)
    _queue_as_github(simulated, 7)
    assert simulated.row("fleet-7-1").arrived_at == simulated.clock.now()
    told = answer(CliFleet(simulated), "status", "--at", "00:00:30")
    assert [one["runner_id"] for one in told["runners"]] == ["fleet-7-1"]


# --- what is refused, or can't be read -----------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--at", "2026-01-02"), "--at (2026-01-02 00:00:00 UTC) is in the future."),
        (("--at", "noon"), "'noon' is not a time; allowed: how long ago (90s, 30m"),
        (("--at", "1h", "--watch"), "--watch shows what is now; it can't be with --at."),
    ],
)
def test_a_wrong_time_is_refused(words: tuple[str, ...], reason: str) -> None:
    result = run(CliFleet(mixed()), "status", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr


def test_the_queues_are_not_needed() -> None:
    fleet = CliFleet(mixed(), unset=("SCHEDULER_QUEUE_URL", "FAILED_EVENTS_URL"))
    assert run(fleet, "status", "--at", "now").exit_code == 0
    assert run(CliFleet(mixed(), unset=("EVENTS_TABLE",)), "status", "--at", "now").exit_code == 2


def test_a_stream_that_cant_be_read_is_left_out_and_named() -> None:
    simulated = StoredFleet()
    simulated.queue(7, 8)
    simulated.settle()
    simulated.damage_event("job-7", 1)
    result = run(CliFleet(simulated), "status", "--at", "now")
    assert "launching  1," in result.stdout
    assert "1 stream can't be read and is left out: job-7;" in result.stderr
    assert answer(CliFleet(simulated), "status", "--at", "now")["unreadable"] == ["job-7"]


def test_a_job_whose_state_cant_be_projected_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def project(before: Any, states: Any, seq: int) -> Any:
        if states[-1].job_id == 7:
            raise TypeError("no such field")
        return projection.project(before, states, seq)

    simulated = SimulatedFleet()
    simulated.queue(7, 8)
    simulated.settle()
    monkeypatch.setattr(history, "project", project)
    told = answer(CliFleet(simulated), "status", "--at", "now")
    assert ([one["job_id"] for one in told["runners"]], told["unreadable"]) == ([8], ["job-7"])


class _ReadLog(SimulatedLog):
    """The log of a fleet, which notes the streams of jobs that are read."""

    def __init__(self, log: SimulatedLog) -> None:
        self._log = log
        self.jobs: list[str] = []

    def read(self, stream: str) -> list[e.Recorded]:
        if StreamId(stream).job_id is not None:
            self.jobs.append(stream)
        return self._log.read(stream)


def _queue_as_github(fleet: SimulatedFleet, job_id: int) -> None:
    """Queue a job by a webhook that arrives a second after GitHub queued it."""
    _record(fleet, job_id, stories.queued(), fleet.clock.now() - timedelta(seconds=1))


def _record(fleet: SimulatedFleet, job_id: int, fact: e.Fact, at: datetime) -> None:
    """Record now what GitHub's webhook reports of that time."""
    event = e.Event(
        id=f"{type(fact).__name__}-{at.timestamp()}",
        at=at,
        recorded_at=fleet.clock.now(),
        actor="github",
        fact=fact,
    )
    stream = StreamId.of_job(job_id)
    record_event(fleet.log, stream, event, route=nudging(fleet.clock, fleet.policy))
