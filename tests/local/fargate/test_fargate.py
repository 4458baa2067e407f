"""Tasks live and die as ECS's do, and their processes with them."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from local.aws.task_host import NoCapacity
from local.fargate.lifecycle import Delays

Start = Callable[..., Any]

FOREVER = "echo $$ > {ready}; while :; do sleep 0.05; done"
SECRET = "JIT=c2VjcmV0=="


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_task_passes_through_the_statuses_with_rising_versions(start: Start) -> None:
    stand = start()
    arn = stand.run(startedBy="fleet-7-1")
    stand.event("STOPPED")
    details = [one["detail"] for one in stand.seen]
    statuses = ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]
    versions = [one["version"] for one in details]
    assert [one["lastStatus"] for one in details] == statuses
    assert versions == sorted(set(versions))
    assert [one["desiredStatus"] for one in details] == ["RUNNING"] * 3 + ["STOPPED"] * 2
    assert {one["taskArn"] for one in details} == {arn}
    assert {one["startedBy"] for one in details} == {"fleet-7-1"}


def test_an_event_has_the_shape_of_eventbridge(start: Start, fleet: dict[str, Any]) -> None:
    stand = start()
    arn = stand.run()
    detail = stand.event("STOPPED")
    event = stand.seen[-1]
    assert event.keys() == {
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    }
    assert (event["source"], event["detail-type"]) == ("aws.ecs", "ECS Task State Change")
    assert (event["account"], event["region"]) == ("123456789012", "us-east-1")
    assert event["resources"] == [arn]
    assert len({one["id"] for one in stand.seen}) == len(stand.seen)
    assert detail["clusterArn"].endswith(f":cluster/{fleet['cluster']}")
    assert (detail["cpu"], detail["memory"]) == ("512", "1024")
    assert (detail["launchType"], detail["capacityProviderName"]) == ("FARGATE", "FARGATE_SPOT")
    times = [detail[name] for name in ("createdAt", "startedAt", "stoppingAt", "stoppedAt")]
    assert sorted(map(datetime.fromisoformat, times)) == list(map(datetime.fromisoformat, times))
    (container,) = detail["containers"]
    assert (container["name"], container["exitCode"]) == ("runner", 0)


def test_describe_tells_what_the_event_told(start: Start) -> None:
    stand = start("exit 3")
    arn = stand.run()
    told = stand.event("STOPPED")
    seen = stand.describe(arn)
    names = ("lastStatus", "desiredStatus", "version", "stopCode", "stoppedReason")
    assert {name: seen[name] for name in names} == {name: told[name] for name in names}
    assert seen["stopCode"] == "EssentialContainerExited"
    assert [one["exitCode"] for one in seen["containers"]] == [3]


def test_the_process_sees_its_environment_and_nothing_of_ours(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ours")
    stand = start("env", environment={"RUNNER_HOME": "/runner"})
    arn = stand.run(stand.put_environment(SECRET))
    stand.event("STOPPED")
    printed = dict(line.split("=", 1) for line in stand.output(arn))
    assert printed["JIT"] == "c2VjcmV0=="
    assert printed["RUNNER_HOME"] == "/runner"
    assert printed["FROM"] == "definition"
    set_by_the_shell = {"PWD", "OLDPWD", "SHLVL", "_"}
    assert printed.keys() - set_by_the_shell == {"JIT", "RUNNER_HOME", "FROM", "PATH", "HOME"}


def test_without_its_environment_file_a_task_fails_to_start(start: Start, ready: Any) -> None:
    stand = start(f"echo started > {ready.path}")
    arn = stand.run(f"arn:aws:s3:::{stand.fleet['cluster']}/missing.env")
    detail = stand.event("STOPPED")
    assert detail["stopCode"] == "TaskFailedToStart"
    assert detail["stoppedReason"].startswith("ResourceInitializationError: ")
    assert "exitCode" not in detail["containers"][0]
    assert "startedAt" not in detail
    assert not stand.fargate.log_path(arn).exists()


def test_a_command_that_is_not_there_fails_the_start(start: Start) -> None:
    stand = start(command=["/nowhere/entrypoint.sh"])
    stand.run()
    detail = stand.event("STOPPED")
    assert detail["stopCode"] == "TaskFailedToStart"
    assert detail["stoppedReason"].startswith("CannotStartContainerError: ")


def test_stop_task_asks_the_process_to_end(start: Start, ready: Any) -> None:
    stand = start(f"trap 'exit 7' TERM; {FOREVER.format(ready=ready.path)}")
    arn = stand.run()
    pid = int(ready.wait())
    told = stand.stop(arn, "no longer needed")
    assert told["desiredStatus"] == "STOPPED"
    detail = stand.event("STOPPED")
    assert (detail["stopCode"], detail["stoppedReason"]) == ("UserInitiated", "no longer needed")
    assert detail["containers"][0]["exitCode"] == 7
    assert "STOPPING" in [one["detail"]["lastStatus"] for one in stand.seen]
    assert not _is_alive(pid)


def test_a_process_that_does_not_listen_is_killed(start: Start, ready: Any) -> None:
    delays = Delays(provisioning=0, pending=0, deprovisioning=0, stop_timeout=0.1)
    stand = start(f"trap '' TERM; {FOREVER.format(ready=ready.path)}", delays=delays)
    arn = stand.run()
    ready.wait()
    stand.stop(arn)
    assert stand.event("STOPPED")["containers"][0]["exitCode"] == 137


def test_what_a_process_leaves_behind_ends_with_it(start: Start, ready: Any) -> None:
    child = f"exec 3> {ready.path}; echo up >&3; while :; do sleep 0.05; done"
    stand = start(f"sh -c '{child}' & wait")
    arn = stand.run()
    with ready.path.open() as child_holds_it_open:
        assert child_holds_it_open.readline() == "up\n"
        stand.stop(arn)
        stand.event("STOPPED")
        assert child_holds_it_open.read() == ""


def test_stopping_twice_keeps_the_first_reason(start: Start, ready: Any) -> None:
    stand = start(FOREVER.format(ready=ready.path))
    arn = stand.run()
    ready.wait()
    stand.stop(arn, "first")
    stand.stop(arn, "second")
    assert stand.event("STOPPED")["stoppedReason"] == "first"
    assert stand.stop(arn, "third")["lastStatus"] == "STOPPED"
    assert stand.describe(arn)["stoppedReason"] == "first"


def test_a_task_stopped_before_it_runs_never_runs(start: Start) -> None:
    stand = start(delays=Delays(provisioning=60, deprovisioning=0))
    arn = stand.run()
    assert stand.describe(arn)["lastStatus"] == "PROVISIONING"
    stand.stop(arn)
    detail = stand.event("STOPPED")
    assert detail["stopCode"] == "UserInitiated"
    assert "startedAt" not in detail


def test_a_spot_loss_ends_the_task_with_its_own_code(start: Start, ready: Any) -> None:
    stand = start(FOREVER.format(ready=ready.path))
    arn = stand.run()
    ready.wait()
    stand.fargate.interrupt(arn)
    detail = stand.event("STOPPED")
    assert detail["stopCode"] == "SpotInterruption"
    assert detail["stoppedReason"] == "Your Spot Task was interrupted."
    assert detail["containers"][0]["exitCode"] == 143


def test_only_a_task_that_is_there_can_be_interrupted(start: Start) -> None:
    with pytest.raises(ValueError, match="no task arn:nothing"):
        start().fargate.interrupt("arn:nothing")


def test_a_fault_refuses_the_task_before_it_exists(start: Start) -> None:
    asked: list[str] = []

    def no_capacity(request: Any) -> None:
        asked.append(request["startedBy"])
        raise NoCapacity("RESOURCE:MEMORY")

    stand = start(faults=no_capacity)
    told = stand.ecs.run_task(**stand.fleet, startedBy="fleet-7-1")
    assert told["failures"] == [{"reason": "RESOURCE:MEMORY"}]
    assert asked == ["fleet-7-1"]
    assert stand.fargate.tasks() == []


def test_all_tasks_can_be_stopped_and_waited_for(start: Start) -> None:
    stand = start("while :; do sleep 0.05; done")
    for _ in range(3):
        stand.run()
    stand.fargate.stop_all("the end")
    assert stand.fargate.wait(
        lambda tasks: all(one["lastStatus"] == "STOPPED" for one in tasks), timeout=100
    )
    assert {one["stoppedReason"] for one in stand.fargate.tasks()} == {"the end"}


def test_listed_are_the_tasks_that_are_to_run(start: Start, ready: Any) -> None:
    stand = start(FOREVER.format(ready=ready.path))
    arn = stand.run(startedBy="fleet-7-1")
    request = {"cluster": stand.fleet["cluster"], "startedBy": "fleet-7-1"}
    assert stand.ecs.list_tasks(**request)["taskArns"] == [arn]
    ready.wait()
    stand.stop(arn)
    assert stand.ecs.list_tasks(**request)["taskArns"] == []


def test_when_the_stand_in_stops_its_processes_are_gone(start: Start, ready: Any) -> None:
    stand = start(FOREVER.format(ready=ready.path))
    stand.run()
    pid = int(ready.wait())
    stand.fargate.stop()
    assert not _is_alive(pid)
    stand.fargate.stop()


def test_there_is_one_stand_in_at_a_time(start: Start) -> None:
    start()
    with pytest.raises(RuntimeError, match="another task host is attached"):
        start()
