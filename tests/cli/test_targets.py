"""What names a runner or a job: a runner's id, a job's id, a job's URL; and what does not."""

import pytest

from cli.commands.options import Target, target
from shared.domain import events as e
from tests.cli.support import RUNNER, CliFleet, answer, busy, done, idle, mixed, run, swapped
from tests.support import stories
from tests.support.fleet import SimulatedFleet

URL = "https://github.com/octo/repo/actions/runs/1/job/7"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("7", Target(7)),
        (" 7 ", Target(7)),
        ("job-7", Target(7)),
        (RUNNER, Target(7, RUNNER)),
        ("my-own-fleet-12877621891-12", Target(12877621891, "my-own-fleet-12877621891-12")),
        (URL, Target(7)),
        (f"{URL}/", Target(7)),
        (f"{URL}?pr=12", Target(7)),
        (f"{URL}#step:4:17", Target(7)),
        (f"{URL}?pr=12#step:4:17", Target(7)),
        ("http://github.com/octo/repo/actions/runs/1/jobs/7", Target(7)),
        ("https://ghe.example.com:8443/octo/repo/actions/runs/1/job/7", Target(7)),
        ("https://acme.ghe.com/octo/repo/actions/runs/1/attempts/2/job/7", Target(7)),
    ],
)
def test_a_runner_id_a_job_id_and_a_job_url_name_what_they_are(text: str, meant: Target) -> None:
    assert target(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "-7",
        "7.0",
        "job-",
        "fleet-7",
        "arn:aws:ecs:eu-west-1:1:task/fleet/7",
        "https://github.com/octo/repo",
        "https://github.com/octo/repo/actions/runs/1/job/7x",
        f"{'9' * 21}",
    ],
)
@pytest.mark.parametrize("command", ["history", "details", "terminate"])
def test_what_is_neither_is_refused_with_what_is_allowed(command: str, text: str) -> None:
    result = run(CliFleet(done()), "runners", command, "--", text)
    assert (result.exit_code, result.stdout) == (2, "")
    for allowed in ("<prefix>-<job id>-<number>", "a job id (a number)", "/job/<job id>"):
        assert allowed in result.stderr or "copy its URL" in result.stderr


def test_the_url_of_a_run_is_said_to_be_no_jobs() -> None:
    url = "https://github.com/octo/repo/actions/runs/1"
    result = run(CliFleet(done()), "runners", "history", url)
    assert result.exit_code == 2
    assert "not the URL of a job: open the job in the run, and copy its URL" in result.stderr


def test_history_takes_the_url_that_it_prints() -> None:
    fleet = CliFleet(done())
    assert URL in run(fleet, "runners", "history", "7").stdout
    told = answer(fleet, "runners", "history", "7")
    assert answer(fleet, "runners", "history", URL) == told


def test_nudge_takes_a_url_and_a_runner_id_too() -> None:
    fleet = CliFleet(mixed())
    result = run(fleet, "replay", "nudge", "--job", URL, "--job", "fleet-9-1")
    assert result.stdout.split() == ["job-7", "job-9"]


# --- details of a job ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["9", "https://github.com/o/r/actions/runs/1/job/9"])
def test_details_of_a_job_show_all_its_runners(text: str) -> None:
    fleet = CliFleet(mixed())
    lines = run(fleet, "runners", "details", text).stdout.splitlines()
    assert lines[0] == "Job 9 has 2 runners: fleet-9-1, fleet-9-2."
    shown = [line.split()[1] for line in lines if line.startswith("runner_id")]
    assert shown == ["fleet-9-1", "fleet-9-2"]
    told = answer(fleet, "runners", "details", text)
    assert told["job_id"] == 9
    assert told["runners"] == [answer(fleet, "runners", "details", one) for one in shown]


def test_details_of_a_job_show_the_runner_that_it_ran_on_too() -> None:
    told = answer(CliFleet(swapped()), "runners", "details", "1")
    assert [row["runner_id"] for row in told["runners"]] == ["fleet-1-1", "fleet-2-1"]


def test_details_of_a_job_that_never_had_a_runner_say_so() -> None:
    fleet = SimulatedFleet()
    fleet.completes(7, None, "cancelled")
    result = run(CliFleet(fleet), "runners", "details", "7")
    assert result.exit_code == 1
    assert "Job 7 never had a runner of this fleet" in result.stderr


@pytest.mark.parametrize("command", ["history", "details", "terminate"])
def test_a_job_that_the_log_does_not_know_is_said_to_be_unknown(command: str) -> None:
    result = run(CliFleet(done()), "runners", command, "999")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Job 999 is not in the log" in result.stderr


# --- terminate a job -----------------------------------------------------------------------------


def _stopping(fleet: CliFleet) -> list[str]:
    rows = fleet.simulated.table.all()
    return [row.runner_id for row in rows if row.stopping and not row.stopped_at]


@pytest.mark.parametrize("text", ["7", URL])
def test_terminate_of_a_job_stops_its_live_runner_and_says_which(text: str) -> None:
    fleet = CliFleet(idle())
    result = run(fleet, "runners", "terminate", text)
    assert result.exit_code == 0
    assert "Live runners of job 7: fleet-7-1." in result.stdout
    assert "Asked for fleet-7-1 to be stopped." in result.stdout
    assert _stopping(fleet) == [RUNNER]


def test_terminate_of_a_job_leaves_runners_alone_that_have_ended() -> None:
    fleet = CliFleet(mixed())
    told = answer(fleet, "runners", "terminate", "9")
    assert told["job_id"] == 9
    assert [one["runner_id"] for one in told["runners"]] == ["fleet-9-2"]
    assert _stopping(fleet) == ["fleet-9-2"]


def test_terminate_of_a_job_stops_the_runner_that_it_runs_on_and_not_the_one_it_lost() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.starts(1, "fleet-2-1")
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    cli = CliFleet(fleet)
    result = run(cli, "runners", "terminate", "1", "--force")
    assert "fleet-1-1 is job 2's by now: it is left alone." in result.stdout
    assert "Live runners of job 1: fleet-2-1." in result.stdout
    assert _stopping(cli) == ["fleet-2-1"]


def test_terminate_of_a_job_without_a_live_runner_says_so() -> None:
    result = run(CliFleet(done()), "runners", "terminate", "7")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Job 7 has no live runner" in result.stderr


def test_terminate_of_a_job_with_two_live_runners_stops_both() -> None:
    fleet = idle()
    fleet.tell(7, e.LaunchPlanned(runner_id="fleet-7-2", number=2, reason="one more"))
    cli = CliFleet(fleet)
    result = run(cli, "runners", "terminate", "7")
    assert "Live runners of job 7: fleet-7-1, fleet-7-2." in result.stdout
    assert sorted(_stopping(cli)) == ["fleet-7-1", "fleet-7-2"]


def test_waiting_for_the_runners_of_a_job_names_each_that_was_left_alone() -> None:
    fleet = CliFleet(busy())
    fleet.on_pause = fleet.simulated.settle
    result = run(fleet, "runners", "terminate", "7", "--wait")
    assert result.exit_code == 1
    assert "fleet-7-1 was left alone" in result.stderr


def test_a_job_on_a_runner_of_nobody_here_has_nothing_to_stop() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, stories.started(None))
    assert run(CliFleet(fleet), "runners", "terminate", "7").exit_code == 1
