"""The Lambda host: what a function gets, and what becomes of its environment."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.lambdas.function import Function
from local.lambdas.host import (
    EventTooLargeError,
    HostNotRunningError,
    LambdaHost,
    UnknownFunctionError,
)
from tests.local.lambdas.support import HANDLERS, PATIENCE, Gate, function

HostOf = Callable[..., LambdaHost]


def test_a_handler_gets_the_event_and_a_context(host_of: HostOf):
    host = host_of(function("echo", timeout=5))

    result = host.invoke("echo", {"hallo": "wörld"})

    assert result.error is None
    assert result.payload["event"] == {"hallo": "wörld"}
    assert result.payload["request_id"] == result.request_id
    assert result.payload["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:echo"
    assert 3000 < result.payload["remaining_ms"] <= 5000


def test_an_environment_is_kept_warm_and_used_again(host_of: HostOf):
    host = host_of(function("echo"))

    pids = {host.invoke("echo", {}).payload["pid"] for _ in range(20)}

    assert pids == set(host.environments("echo"))
    assert len(pids) == 1
    assert host.invocations == {"echo": 20}


def test_a_function_sees_its_own_variables_and_none_of_this_process(
    host_of: HostOf, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("A_SECRET_OF_THE_PARENT", "x")
    monkeypatch.setenv("AWS_PROFILE", "the-developers-own")
    host = host_of(function("variables", environment={"MINE": "1", "AWS_REGION": "eu-west-1"}))

    seen = host.invoke("variables", {}).payload

    assert seen["MINE"] == "1"
    assert seen["AWS_REGION"] == "eu-west-1"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "variables"
    assert "A_SECRET_OF_THE_PARENT" not in seen
    assert "AWS_PROFILE" not in seen


def test_what_a_handler_raises_is_the_error_and_the_environment_lives_on(host_of: HostOf):
    host = host_of(function("fails"))

    first = host.invoke("fails", {"what": "cake"})
    before = host.environments("fails")
    host.invoke("fails", {"what": "tea"})

    assert first.payload is None
    assert first.error is not None
    assert (first.error.type, first.error.message) == ("KeyError", "'no cake'")
    assert "acts.py" in first.error.stack[0]
    assert first.error.payload()["errorType"] == "KeyError"
    assert host.environments("fails") == before


@pytest.mark.parametrize(
    ("act", "event", "reason"),
    [
        ("exits", {"code": 3}, "Runtime exited with error: exit status 3"),
        ("exits", {"code": 0}, "Runtime exited without providing a reason"),
        ("is_killed", {}, "Runtime exited with error: signal: killed"),
    ],
)
def test_a_crash_is_the_error(host_of: HostOf, act: str, event: dict[str, int], reason: str):
    host = host_of(function(act))

    result = host.invoke(act, event)

    assert result.error is not None
    assert result.error.type == "Runtime.ExitError"
    assert result.error.message == f"RequestId: {result.request_id} Error: {reason}"
    assert reason in host.log_path(act).read_text()


def test_a_crashed_environment_is_replaced(host_of: HostOf):
    host = host_of(function("fails_once_then_answers", concurrency=1))
    first = host.invoke("fails_once_then_answers", {}).payload

    host.invoke("fails_once_then_answers", {"exit": True})
    second = host.invoke("fails_once_then_answers", {}).payload

    assert second != first
    assert host.environments("fails_once_then_answers") == [second]


def test_a_timeout_kills_the_environment_and_is_the_error(host_of: HostOf):
    host = host_of(function("hangs", timeout=0.25, concurrency=1))

    result = host.invoke("hangs", {})

    assert result.error is not None
    assert result.error.type == "Sandbox.Timedout"
    assert result.error.message.endswith("Task timed out after 0.25 seconds")
    pid = int(host.log_path("hangs").read_text().split()[1])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert host.environments("hangs") == []


def test_an_error_at_import_is_the_error_of_each_invocation(host_of: HostOf):
    host = host_of(Function(name="broken", handler="broken.handler", path=[HANDLERS]))

    errors = [host.invoke("broken", {}).error for _ in range(2)]

    assert [error.message for error in errors if error] == ["this module never comes up"] * 2
    assert host.environments("broken") == []


def test_a_missing_handler_is_named(host_of: HostOf):
    host = host_of(function("nobody_wrote_this"))

    error = host.invoke("nobody_wrote_this", {}).error

    assert error is not None
    assert error.type == "Runtime.HandlerNotFound"
    assert "'nobody_wrote_this' missing on module 'acts'" in error.message


def test_a_process_that_ends_at_import_is_the_error(host_of: HostOf):
    host = host_of(Function(name="gone", handler="exits_at_import.handler", path=[HANDLERS]))

    error = host.invoke("gone", {}).error

    assert error is not None
    assert "exit status 7" in error.message


def test_invocations_run_side_by_side_up_to_the_concurrency(host_of: HostOf, gate: Gate):
    host = host_of(function("waits_at_the_gate", concurrency=2))
    with ThreadPoolExecutor(3) as threads:
        calls = [
            threads.submit(host.invoke, "waits_at_the_gate", {"port": gate.port}) for _ in range(3)
        ]
        first, second = gate.arrives(), gate.arrives()
        assert first != second
        assert sorted(host.environments("waits_at_the_gate")) == sorted([first, second])

        gate.let_through(first)
        third = gate.arrives()
        assert third == first, "the third waited for an environment that came free"
        gate.let_through(second)
        gate.let_through(third)

        assert {call.result(PATIENCE).payload for call in calls} == {first, second}


def test_stopping_ends_a_busy_environment_and_its_invocation(host_of: HostOf, gate: Gate):
    host = host_of(function("waits_at_the_gate"))
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(host.invoke, "waits_at_the_gate", {"port": gate.port})
        pid = gate.arrives()

        host.stop()

        assert gate.hears_the_end_of(pid)
        error = call.result(PATIENCE).error
    assert error is not None
    assert "signal: killed" in error.message
    with pytest.raises(HostNotRunningError):
        host.invoke("waits_at_the_gate", {})


def test_environments_do_not_outlive_a_host_that_is_killed(gate: Gate, tmp_path: Path):
    program = f"""
import sys
from pathlib import Path
from local.lambdas.host import LambdaHost
from tests.local.lambdas.support import function
host = LambdaHost(Path({str(tmp_path)!r}))
host.add(function("leaves_its_hand_in_the_door"))
host.start()
host.invoke("leaves_its_hand_in_the_door", {{"port": {gate.port}}})
sys.stdin.read()
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as host:  # ours
        pid = gate.arrives()

        host.kill()

        assert gate.hears_the_end_of(pid)


def test_a_response_over_the_limit_is_an_error(host_of: HostOf):
    host = host_of(function("answers_at_length"))

    small = host.invoke("answers_at_length", {"length": 6_000_000})
    large = host.invoke("answers_at_length", {"length": 6_300_000})

    assert small.error is None
    assert large.error is not None
    assert large.error.type == "Function.ResponseSizeTooLarge"


def test_an_event_over_the_limit_is_refused(host_of: HostOf):
    host = host_of(function("echo"))

    with pytest.raises(EventTooLargeError, match="at most 6291456 are allowed"):
        host.invoke("echo", "x" * 7_000_000)


def test_an_unknown_function_is_refused_and_the_known_are_named(host_of: HostOf):
    host = host_of(function("echo"), function("fails"))

    with pytest.raises(UnknownFunctionError, match="no function 'eko'; there are: echo, fails"):
        host.invoke("eko", {})


def test_a_function_of_a_name_that_is_taken_is_refused(tmp_path: Path):
    host = LambdaHost(tmp_path)
    host.add(function("echo"))

    with pytest.raises(ValueError, match="there is a function 'echo' already"):
        host.add(function("echo"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "a b"}, "letters, digits"),
        ({"handler": "handler"}, "module.function is expected"),
        ({"timeout": 0}, "more than 0 and at most 900"),
        ({"timeout": 901}, "more than 0 and at most 900"),
        ({"concurrency": 0}, "at least 1"),
    ],
)
def test_a_wrong_description_of_a_function_is_refused(wrong: dict[str, object], told: str):
    with pytest.raises(ValueError, match=told):
        function("echo", **wrong)
