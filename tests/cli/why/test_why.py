"""`ecsrunner jobs why`: each cause is found, proved and has a remedy."""

from typing import Any

import pytest

from cli.why.cause import PROOF, Cause
from cli.why.remedies import WAITS
from shared.domain import events as e
from shared.domain.unreadable import Unreadable
from shared.ports import NoCapacity, NotNow, Refused
from tests.cli.support import CliFleet, answer, done, idle, mixed, on_terminal, run
from tests.cli.why import fleets
from tests.support import lost, stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import building_fleet


def _why(fleet: SimulatedFleet, job_id: int = 7) -> Any:
    return answer(CliFleet(fleet), "jobs", "why", str(job_id))


def _proof(told: Any) -> list[tuple[str, int]]:
    return [(one["stream"], one["seq"]) for one in told["evidence"]]


# --- what a job waits for ------------------------------------------------------------------------


def test_a_job_that_waits_for_a_slot_has_its_place_in_line_and_the_runners_in_use() -> None:
    told = _why(fleets.full(), 3)
    assert told["cause"] == "slot"
    assert told["line"] == {
        "position": 2,
        "waiting": 2,
        "complete": True,
        "held": 1,
        "max_runners": 1,
    }
    assert (told["seconds"], told["next_at"]) == (90.0, None)
    assert _proof(told) == [("job-3", 1), ("job-3", 2)]
    assert told["similar"] == {"count": 1, "job_ids": [2], "cause": "waits for one of max_runners"}


def test_the_open_circuit_breaker_names_the_broken_launches_and_the_next_trial() -> None:
    told = _why(fleets.broken(), 4)
    assert told["cause"] == "circuit breaker"
    breaker = told["circuit"]
    assert (breaker["broken"], breaker["next_trial_at"]) == (2, "2026-01-01T00:01:20Z")
    assert [one["runner_id"] for one in breaker["launches"]] == ["fleet-2-1", "fleet-1-1"]
    assert all("exit code 1" in one["reason"] for one in breaker["launches"])
    assert told["similar"]["job_ids"] == [2]
    assert "one is tried at a time" in told["sentence"]


def test_a_job_that_waits_for_its_image_has_the_build_and_its_log() -> None:
    fleet = building_fleet(1, 2)
    fleet.clock.advance(30)
    told = _why(fleet, 1)
    assert told["cause"] == "image"
    image = told["image"]
    assert (image["state"], image["build_number"], image["jobs_waiting"]) == ("building", 1, 2)
    assert image["log_url"].startswith("https://console.aws.amazon.com/")
    assert [one["stream"] for one in told["evidence"]][2:] == [image["stream"]] * 2
    assert told["similar"]["job_ids"] == [2]


def test_a_launch_that_is_held_back_has_its_turn_at_github() -> None:
    told = _why(fleets.rate_limited(), 4)
    assert told["cause"] == "GitHub's rate limit"
    assert told["next_at"] == "2026-01-01T00:01:02Z"
    assert "00:01:02 UTC" in told["sentence"]
    assert told["similar"]["job_ids"] == [3]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (NoCapacity("Capacity is unavailable at this time"), Cause.CAPACITY),
        (NotNow("ECS: the vCPU quota is reached"), Cause.RETRY),
        (NotNow("GitHub: 401 Bad credentials"), Cause.GITHUB),
    ],
)
def test_a_launch_that_failed_has_the_reason_and_the_next_attempt(
    error: NotNow, cause: Cause
) -> None:
    told = _why(fleets.launch_fails(error))
    assert told["cause"] == cause
    assert told["sentence"].endswith(f": {error.reason}.")
    assert told["next_at"] > "2026-01-01T00:00:00Z"
    assert told["evidence"][-1]["why"] == error.reason


def test_a_job_whose_runners_aws_ended_waits_for_a_delayed_launch() -> None:
    told = _why(fleets.reclaimed())
    assert told["cause"] == "after a loss"
    assert told["next_at"] is not None
    assert "since AWS ended its last runners" in told["sentence"]


@pytest.mark.parametrize(
    ("make", "cause", "named"),
    [
        (fleets.queued, Cause.SCHEDULER, "has not begun to launch fleet-7-1"),
        (fleets.launched, Cause.START, "the task of fleet-7-1, which ECS has accepted"),
        (idle, Cause.ASSIGNMENT, "to assign it to fleet-7-1, which is idle"),
        (fleets.held, Cause.HELD, "GitHub holds job 7, such as for an approval"),
        (fleets.unchecked, Cause.CHECK, "until its status is read from GitHub"),
    ],
)
def test_each_stage_of_a_job_that_waits_is_named(
    make: fleets.Make, cause: Cause, named: str
) -> None:
    told = _why(make())
    assert (told["cause"], told["remedy"]) == (cause, WAITS[cause])
    assert named in told["sentence"]


def test_a_launch_that_is_under_way_is_named() -> None:
    fleet = fleets.queued()
    fleet.tell(7, stories.intended())
    assert _why(fleet)["cause"] == "launching"


def test_a_job_without_a_runner_waits_for_the_next_launch() -> None:
    fleet = fleets.launched()
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.tell(7, e.JobChecked(status="queued"))
    told = _why(fleet)
    assert told["cause"] == "no runner now"
    assert "its next launch is about to be planned" in told["sentence"]


def test_a_job_that_waits_for_the_runner_of_another_job_is_proved_by_both_streams() -> None:
    told = _why(fleets.swapped(), 1)
    assert told["cause"] == "task starting"
    assert "fleet-2-1 (launched for job 2)" in told["sentence"]
    assert {stream for stream, _ in _proof(told)} == {"job-1", "job-2"}
    assert any("swap: job 1 waited for it" in one["why"] for one in told["evidence"])


def test_a_stuck_job_is_to_be_redriven_whatever_else_it_waits_for() -> None:
    fleet = fleets.full()
    stuck = e.JobStuck(queue="scheduler", receives=120, reason="Unreadable: job-9 event 2")
    fleet.tell(3, stuck)
    fleet.tell(2, stuck)
    told = _why(fleet, 3)
    assert told["cause"] == "stuck"
    assert "ecsrunner queues redrive" in told["remedy"]
    assert told["reason"] == "Unreadable: job-9 event 2"
    assert told["similar"]["job_ids"] == [2]


# --- why it got no runner ------------------------------------------------------------------------


def test_a_refused_job_has_the_reason_the_remedy_and_who_else_was_refused_for_it() -> None:
    fleet = mixed()
    fleet.queue(12, labels=("class:xl",))
    fleet.settle()
    told = _why(fleet, 8)
    assert told["cause"] == "refused"
    assert 'class "xl" is not defined' in told["sentence"]
    assert told["remedy"] == "use a defined class, or add this one to `runner_class_sizes`"
    assert told["similar"]["job_ids"] == [12]


def test_a_refusal_of_yesterday_does_not_count_as_one_of_now() -> None:
    fleet = mixed()
    fleet.clock.advance(25 * 3600)
    fleet.queue(12, labels=("class:xl",))
    fleet.settle()
    assert _why(fleet, 12)["similar"]["count"] == 0


def test_a_job_that_was_refused_for_its_image_has_the_log_of_the_build() -> None:
    told = _why(fleets.image_fails(), 2)
    assert told["cause"] == "refused"
    assert told["image"]["state"] == "failed"
    assert "exit status 100" in told["image"]["reason"]
    assert told["remedy"].startswith("read the build's log")


def test_a_refusal_in_the_words_of_aws_has_a_remedy_too() -> None:
    told = _why(fleets.launch_fails(Refused("ECS: AccessDenied: no")))
    assert (told["cause"], told["reason"]) == ("refused", "ECS: AccessDenied: no")
    assert "correct what the reason names" in told["remedy"]


def test_a_job_that_was_given_up_has_the_end_of_its_last_runner() -> None:
    told = _why(fleets.given_up())
    assert told["cause"] == "given up"
    assert "1 runners ended before they took the job" in told["sentence"]
    assert any("exit code 1" in one["what"] for one in told["evidence"])


# --- why it waited, when it no longer waits ------------------------------------------------------


def test_a_job_that_ran_has_its_longest_wait() -> None:
    told = _why(done())
    assert told["sentence"] == (
        "Job 7 started on fleet-7-1 after 35s; the longest part, 30s: task starting."
    )
    assert (told["cause"], told["longest"], told["seconds"]) == ("started", "task starting", 30.0)
    assert told["remedy"] == ""
    assert [one["name"] for one in told["phases"]][-1] == "running"


def test_a_long_wait_of_a_job_that_ran_has_a_remedy() -> None:
    fleet = fleets.full()
    fleet.serves(1)
    fleet.serves(2)
    told = _why(fleet, 2)
    assert (told["cause"], told["longest"], told["seconds"]) == ("started", "slot", 90.0)
    assert told["remedy"] == "raise `max_runners` if such waits are too long"
    assert "all 1 runners that max_runners allows are in use" in told["sentence"]


def test_the_longest_wait_is_proved_although_another_runner_took_the_job() -> None:
    fleet = fleets.full()
    fleet.serves(1)
    fleet.runs("fleet-2-1")
    fleet.settle()
    fleet.starts(3, "fleet-2-1")
    fleet.settle()
    told = _why(fleet, 3)
    assert (told["runner_id"], told["longest"]) == ("fleet-2-1", "slot")
    assert any(one["what"] == "fleet-3-1: launch waits" for one in told["evidence"])


def test_a_job_that_ended_before_a_runner_took_it_is_not_called_started() -> None:
    told = _why(mixed(), 10)
    assert told["cause"] == "ended before a start"
    assert told["sentence"].startswith("Job 10 ended (cancelled) before a runner took it")


def test_a_lost_job_has_what_took_its_runner_and_whether_it_runs_again() -> None:
    fleet = SimulatedFleet()
    job = lost.queue(fleet)
    lost.take(fleet, job)
    fleet.clock.advance(60)
    lost.take_away(fleet, job)
    fleet.settle()
    told = _why(fleet, job.id)
    assert told["cause"] == "lost"
    assert f"was lost with fleet-{job.id}-1 (SpotInterruption" in told["sentence"]
    assert "not run again: lost jobs are not run again" in told["sentence"]
    assert f"job {job.id} lost with its runner" in told["evidence"][-1]["what"]


def test_a_job_that_was_not_queued_for_the_fleet_is_said_to_be_foreign() -> None:
    fleet = fleets.launched()
    fleet.runs("fleet-7-1")
    fleet.settle()
    fleet.starts(99, "fleet-7-1")
    fleet.settle()
    assert _why(fleet, 99)["sentence"] == (
        "Job 99 was not queued for this fleet, and ran on fleet-7-1."
    )


# --- what there is not, and the text -------------------------------------------------------------


def test_an_unknown_job_is_an_answer_that_is_no_with_what_ingest_logged() -> None:
    result = run(CliFleet(done()), "jobs", "why", "99")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Job 99 is not in the log" in result.stderr


def test_a_runner_stands_for_the_job_that_it_was_launched_for() -> None:
    told = answer(CliFleet(fleets.full()), "jobs", "why", "fleet-3-1")
    assert (told["job_id"], told["cause"]) == (3, "slot")


def test_an_image_whose_stream_cant_be_read_does_not_hide_the_cause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = CliFleet(building_fleet(1))
    image = answer(fleet, "jobs", "why", "1")["image"]["stream"]
    read = fleet.log.read

    def damaged(stream: str) -> Any:
        recorded = read(stream)
        if stream == image:
            raise Unreadable(stream, "an event is missing", stream)
        return recorded

    monkeypatch.setattr(fleet.log, "read", damaged)
    told = answer(fleet, "jobs", "why", "1")
    assert (told["cause"], told["image"]) == ("image", None)


def test_each_cause_of_a_wait_has_a_proof_and_a_remedy() -> None:
    assert set(PROOF) == set(Cause)
    without = {Cause.REFUSED, Cause.GIVEN_UP, Cause.STARTED, Cause.ENDED, Cause.FOREIGN}
    assert set(WAITS) == set(Cause) - without


def test_the_text_fits_a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = CliFleet(fleets.full())
    assert on_terminal(monkeypatch, 80, fleet, "jobs", "why", "3").splitlines() == [
        "Job 3 waits for a slot: all 1 runners that max_runners allows are in use.",
        "octo/repo",
        "This wait has lasted 1m 30s, since 2026-01-01 00:00:00 UTC.",
        "",
        "#  WHEN (UTC)           WHAT, WHY",
        "1  2026-01-01 00:00:00  job queued for self-hosted",
        "2  2026-01-01 00:00:00  fleet-3-1: launch waits: all 1 runners that max_runners",
        "                        allows are in use",
        "",
        "Place in line: number 2 of 2. Runners in use: 1 of 1.",
        "1 other job has this cause now: 2.",
        "",
        "What to do: wait until other runners end, or raise `max_runners`.",
        "`ecsrunner jobs history 3` shows all events.",
    ]


def test_the_text_has_the_broken_launches_and_the_log_of_a_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = on_terminal(monkeypatch, 80, CliFleet(fleets.broken()), "jobs", "why", "4")
    assert "Circuit breaker: the last 2 launches broke; the next trial at 2026-01-01\n" in told
    assert "\n  2026-01-01 00:00:20 fleet-2-1: EssentialContainerExited" in told
    told = on_terminal(monkeypatch, 140, CliFleet(building_fleet(1)), "jobs", "why", "1")
    flat = " ".join(told.split())
    assert "building, build 1 since 2026-01-01 00:00:00 UTC; 1 job waits for it." in flat
    assert "  Log:" in told


def test_the_time_of_a_turn_is_shown_until_it_has_come() -> None:
    fleet = CliFleet(fleets.rate_limited())
    assert "Its turn is at 2026-01-01 00:01:02 UTC." in run(fleet, "jobs", "why", "4").stdout
    fleet.clock.advance(63)
    assert "Its turn" not in run(fleet, "jobs", "why", "4").stdout


def test_names_that_others_chose_cant_steer_the_terminal() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, stories.queued(workflow="CI\x1b[2J"))
    fleet.settle()
    assert "\x1b" not in run(CliFleet(fleet), "jobs", "why", "7").stdout
