"""`ecsrunner runners terminate`: through the log, deregister first, a busy runner spared."""

from typing import Any

from shared.domain import events as e
from shared.domain.actions import Role
from shared.ports import Conflict
from tests.cli.support import RUNNER, CliFleet, answer, busy, done, idle, run, stream_of
from tests.support.fleet import SimulatedFleet


def _stops(fleet: SimulatedFleet, job_id: int = 7) -> list[e.Event]:
    recorded = fleet.log.read(stream_of(job_id))
    return [one.event for one in recorded if isinstance(one.event.fact, e.StopIntended)]


def test_terminate_takes_a_runner_id() -> None:
    fleet = idle()
    result = run(CliFleet(fleet), "runners", "terminate", RUNNER, "--reason", "wrong image")
    assert result.exit_code == 0
    (event,) = _stops(fleet)
    assert event.actor == "operator:maria"
    assert event.fact == e.StopIntended(
        runner_id=RUNNER, reason="wrong image", forced=False, by_operator=True
    )
    assert fleet.log.nudges[-1] == ("reconciler", "job-7", event.id)
    assert f"ecsrunner runners history {RUNNER}" in result.stdout


def test_an_idle_runner_is_removed_from_github_before_its_task_is_stopped() -> None:
    fleet = idle()
    run(CliFleet(fleet), "runners", "terminate", RUNNER)
    fleet.settle()
    fleet.stopped(RUNNER)
    fleet.settle()
    types = fleet.types(7)
    assert types.index("RunnerDeregistered") < types.index("TaskStopSent")
    assert fleet.row(RUNNER).status == "OFFLINE"


def test_the_waiting_job_of_a_stopped_runner_is_said_to_get_a_new_one_and_does() -> None:
    fleet = idle()
    result = run(CliFleet(fleet), "runners", "terminate", RUNNER)
    assert "Job 7 waits for it and gets a new runner" in result.stdout
    assert "https://github.com/octo/repo/actions/runs/1/job/7" in result.stdout
    fleet.settle()
    fleet.stopped(RUNNER)
    fleet.settle()
    assert fleet.row("fleet-7-2").status == "STARTING"


def test_a_busy_runner_is_left_alone_and_that_is_said() -> None:
    fleet = busy()
    result = run(CliFleet(fleet), "runners", "terminate", RUNNER)
    assert result.exit_code == 0
    assert "it is left alone" in result.stdout
    assert "--force" in result.stdout
    fleet.settle()
    assert "RunnerFoundBusy" in fleet.types(7)
    assert "TaskStopSent" not in fleet.types(7)
    assert fleet.row(RUNNER).status == "RUNNING"


def test_force_stops_a_busy_runner() -> None:
    fleet = busy()
    result = run(CliFleet(fleet), "runners", "terminate", RUNNER, "--force")
    assert "job 7, which will fail" in result.stdout
    fleet.settle()
    assert "TaskStopSent" in fleet.types(7)


def test_asking_twice_asks_once_but_force_is_one_request_more() -> None:
    fleet = idle()
    run(CliFleet(fleet), "runners", "terminate", RUNNER)
    again = run(CliFleet(fleet), "runners", "terminate", RUNNER)
    assert again.exit_code == 0
    assert "being stopped already" in again.stdout
    assert len(_stops(fleet)) == 1
    run(CliFleet(fleet), "runners", "terminate", RUNNER, "--force")
    assert [getattr(event.fact, "forced", None) for event in _stops(fleet)] == [False, True]


def test_a_runner_that_ended_is_not_stopped_again() -> None:
    fleet = done()
    result = run(CliFleet(fleet), "runners", "terminate", RUNNER)
    assert result.exit_code == 1
    assert "ended already (OFFLINE since 2026-01-01 00:02:43 UTC)" in result.stderr
    assert _stops(fleet) == []


def test_a_runner_that_is_not_there_can_not_be_stopped() -> None:
    result = run(CliFleet(done()), "runners", "terminate", "fleet-7-9")
    assert result.exit_code == 1
    assert "There is no runner fleet-7-9" in result.stderr


def test_a_launch_that_has_not_begun_is_called_off() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    result = run(CliFleet(fleet), "runners", "terminate", RUNNER)
    assert "the launch is cancelled" in result.stdout
    fleet.settle()
    assert fleet.row(RUNNER).status == "OFFLINE"
    assert RUNNER not in fleet.launches()


def test_a_launch_under_way_is_the_schedulers_to_call_off() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.tell(7, _intended(fleet))
    run(CliFleet(fleet), "runners", "terminate", RUNNER)
    assert fleet.log.nudges[-1][0] == "both"
    fleet.settle()
    assert RUNNER not in fleet.launches()
    assert fleet.row(RUNNER).status == "OFFLINE"


def _intended(fleet: SimulatedFleet) -> e.Fact:
    other = SimulatedFleet()
    other.queue(7)
    other.driver(Role.SCHEDULER).drive("job-7")
    return next(
        one.event.fact
        for one in other.log.read("job-7")
        if isinstance(one.event.fact, e.LaunchIntended)
    )


def test_a_faster_writer_is_noticed_and_the_request_is_decided_anew() -> None:
    fleet = idle()
    cli = CliFleet(fleet)

    class Late:
        """The runner takes its job just before the request is recorded."""

        def __init__(self) -> None:
            self.raced = False

        def __getattr__(self, name: str) -> object:
            return getattr(fleet.log, name)

        def append(self, *args: Any) -> None:
            if not self.raced:
                self.raced = True
                fleet.starts(7, RUNNER)
                raise Conflict("too late")
            fleet.log.append(*args)

    cli.log = Late()
    result = run(cli, "runners", "terminate", RUNNER)
    assert "It is on job 7" in result.stdout
    assert len(_stops(fleet)) == 1


def test_wait_ends_when_the_runner_has_ended() -> None:
    fleet = idle()
    cli = CliFleet(fleet)

    def reconcile() -> None:
        fleet.settle()
        fleet.stopped(RUNNER)
        fleet.settle()

    cli.on_pause = reconcile
    result = run(cli, "runners", "terminate", RUNNER, "--wait")
    assert result.exit_code == 0
    assert result.stdout.endswith(f"{RUNNER} ended: OFFLINE\n")


def test_wait_says_that_a_busy_runner_was_left_alone() -> None:
    fleet = busy()
    cli = CliFleet(fleet)
    cli.on_pause = fleet.settle
    result = run(cli, "runners", "terminate", RUNNER, "--wait")
    assert result.exit_code == 1
    assert "was left alone: GitHub says that it is on a job" in result.stderr


def test_wait_gives_up_in_time() -> None:
    fleet = idle()
    before = fleet.clock.now()
    result = run(CliFleet(fleet), "runners", "terminate", RUNNER, "--wait", "--timeout", "5")
    assert result.exit_code == 1
    assert "has not ended within 5 s" in result.stderr
    assert (fleet.clock.now() - before).total_seconds() == 5


def test_json_says_what_was_recorded() -> None:
    fleet = idle()
    told = answer(CliFleet(fleet), "runners", "terminate", RUNNER)
    assert told["recorded"] is True
    assert told["event_id"] == _stops(fleet)[0].id
    assert told["result"] is None
