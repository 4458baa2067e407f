"""The scheduler's process is killed in the middle of a launch, between a call and its answer."""

import json
from pathlib import Path

import pytest

from tests.local.stack.support import run

pytestmark = pytest.mark.slow(group="local-stack")


@pytest.mark.parametrize("call", ["GenerateJitConfig", "RunTask"])
def test_a_scheduler_killed_while_it_launches_starts_no_second_task(
    call: str, tmp_path: Path
) -> None:
    done = run("tests.local.stack.crashing", call, str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"]
    assert told["conclusion"] == "success"
    assert list(told["tasks"].values()) == [1]
    launched = ("LaunchIntended", "RunnerLaunched", "TaskStopped")
    assert [told["types"].count(one) for one in launched] == [1, 1, 1]
    assert told["registered"] == []
    assert set(told["dead_letters"].values()) == {0}
