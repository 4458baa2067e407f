"""An operator's questions after a storm: each has one command, whose answer is judged.

`docs/operations.md` has such questions, too, with answers of simulated fleets.
"""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from shared.domain.stream import StreamId
from tests.local.stack.short_storm import PLANTED, WORDS, ShortStorm
from tests.local.stack.support import PROJECT, Up, until

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
pytestmark = pytest.mark.slow(group="local-stack")


@pytest.fixture(scope="module")
def storm(up: Up) -> ShortStorm:
    return ShortStorm(up)


@pytest.fixture
def ask(up: Up, storm: ShortStorm) -> Callable[..., Any]:
    """Return the answer to a command about the repository of the storm, as JSON."""

    def asked(*words: str) -> Any:
        done = up.ecsrunner(*words, "--repository", storm.repository, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return asked


def test_what_did_it_cost_by_repository_and_class(
    storm: ShortStorm, ask: Callable[..., Any]
) -> None:
    told = ask("stats", "--since", "24h", "--cost")
    assert (told["job_count"], told["complete"]) == (len(storm.jobs), True)
    cost = told["cost"]
    (repository,) = cost["by_repository"]
    assert repository["name"] == storm.repository
    classes = {one["name"]: one for one in cost["by_class"]}
    assert set(classes) == {"small", "large"}
    assert classes["large"]["task_count"] >= len(storm.large), (
        "more if other jobs took their runners"
    )
    assert repository["task_count"] == sum(one["task_count"] for one in classes.values())
    assert repository["task_count"] >= len(storm.ran) + 1, "with the one that was stopped"
    assert min(one["total"] for one in classes.values()) > 0
    assert sum(one["total"] for one in classes.values()) == pytest.approx(cost["total"])


def test_how_long_do_jobs_wait_by_class(storm: ShortStorm, ask: Callable[..., Any]) -> None:
    found = {one["class_name"]: one["seconds"] for one in ask("stats")["queue_seconds"]}
    assert found["large"]["count"] == len(storm.large)
    assert found[None]["count"] == len(storm.ran)
    jobs = {one["job_id"]: one["waited_seconds"] for one in ask("jobs", "list")["jobs"]}
    waits = sorted(jobs[job_id] for job_id in storm.ran)
    assert 0 < waits[0] <= found[None]["p50"] <= found[None]["p95"] <= waits[-1]
    assert found[None]["max"] == waits[-1]


def test_why_did_launches_fail_this_week(storm: ShortStorm, ask: Callable[..., Any]) -> None:
    told = ask("stats", "--since", "7d")
    causes = {one["kind"]: one for one in told["causes"]}
    assert {kind: one["count"] for kind, one in causes.items()} == {"refused": 2, "task failed": 1}
    assert causes["refused"]["cause"].startswith('class "xl" is not defined')
    assert PLANTED in causes["task failed"]["cause"]
    assert causes["task failed"]["last_runner_id"] == storm.stopped


def test_what_was_the_state_at_a_time(up: Up, storm: ShortStorm) -> None:
    job_id = storm.small[0]
    events = {one.event.type: one.event for one in up.log.read(StreamId.of_job(job_id))}
    times = [
        (events["JobQueued"].recorded_at, "queued"),
        (events["JobCompleted"].recorded_at, "completed"),
    ]
    for at, state in times:
        done = up.ecsrunner("jobs", "history", str(job_id), "--at", _text(at), "--json")
        assert (done.returncode, done.stderr) == (0, "")
        told = json.loads(done.stdout)
        assert told["state"] == state
        assert all(_time(one["recorded_at"]) <= at for one in told["entries"])


def test_what_was_the_state_of_the_fleet_at_a_time(up: Up, storm: ShortStorm) -> None:
    runner_id = storm.stopped
    recorded = up.log.read(StreamId.of_runner(runner_id))
    times = {
        one.event.type: one.event.recorded_at
        for one in reversed(recorded)
        if getattr(one.event.fact, "runner_id", None) == runner_id
    }
    for event, status in (("RunnerLaunched", "STARTING"), ("TaskStarted", "WAITING_FOR_JOB")):
        told = _status_at(up, times[event])
        runners = {one["runner_id"]: one["status"] for one in told["runners"]}
        assert (runners[runner_id], told["unreadable"]) == (status, [])
        assert told["slots"]["held"] >= 1
    told = _status_at(up, times["TaskStopped"])
    assert runner_id not in {one["runner_id"] for one in told["runners"]}
    assert told["failures"][0]["runner_id"] == runner_id


def test_the_last_200_runners_are_on_a_time_axis(
    up: Up, storm: ShortStorm, ask: Callable[..., Any], tmp_path: Path
) -> None:
    told = ask("timeline", "--limit", "200")
    rows = {row["runner_id"]: row for row in told["rows"]}
    mine = {row.runner_id for job_id in storm.jobs for row in up.rows(job_id)}
    assert set(rows) == mine
    assert [one["kind"] for one in rows[storm.stopped]["incidents"] if not one["is_notice"]] == [
        "task failed"
    ]
    taken = {row["ran_job_id"] for row in rows.values()} - {None}
    assert taken == set(storm.ran)
    assert max(one["value"] for one in told["slots"]) <= told["max_runners"] == 100
    page = tmp_path / "page.html"
    up.ecsrunner("timeline", "--repository", storm.repository, "--html", str(page))
    assert all(runner_id in page.read_text() for runner_id in mine)


def test_what_would_another_limit_have_done(storm: ShortStorm, ask: Callable[..., Any]) -> None:
    many, one = (ask("replay", "what-if", "--set", f"max_runners={n}") for n in (50, 1))
    for told in (many, one):
        assert told["recorded"]["job_count"] == len(storm.jobs)
        assert told["recorded"]["started_count"] == len(storm.ran)
    assert many["what_if"] == many["replayed"], "50 runners are enough for all"
    assert one["what_if"]["wait_seconds_sum"] > many["what_if"]["wait_seconds_sum"] + len(storm.ran)


def test_a_job_is_exported_for_a_support_ticket(up: Up, storm: ShortStorm, tmp_path: Path) -> None:
    file, job_id = tmp_path / "ticket.jsonl", storm.failing
    done = up.ecsrunner("log", "export", str(job_id), "-o", str(file))
    assert done.returncode == 0
    exported = file.read_text()
    recorded = up.log.read(StreamId.of_job(job_id))
    assert all(one.event.id in exported for one in recorded)
    assert not any(str(other) in exported for other in storm.refused)
    verified = up.ecsrunner("replay", "verify", str(file))
    assert (verified.returncode, "no drift" in verified.stdout) == (0, True)


def test_which_version_is_deployed(up: Up, storm: ShortStorm) -> None:
    told = json.loads(up.ecsrunner("status", "--json").stdout)
    mine = version("ecs-runner-fleet")
    assert (told["deployed_version"], told["cli_version"], told["notes"]) == (mine, mine, [])


def test_the_containers_log_is_shown(up: Up, storm: ShortStorm) -> None:
    """Other jobs may have run on the job's other runner."""
    job_id, words = storm.small[3], f"{WORDS} 3"

    def shown() -> bool:
        lines = up.ecsrunner("logs", str(job_id)).stdout.splitlines()
        return any(line.endswith(words) for line in lines)

    until(shown, "the container's log is delivered")


@pytest.mark.timeout(60)
def test_a_live_view_is_redrawn_until_ctrl_c(up: Up, storm: ShortStorm) -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "status", "--watch", "1"],
        env={**os.environ, **up.details["cli"], "TERM": "xterm", "COLUMNS": "80"},
        cwd=PROJECT,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    try:
        drawn = ""
        while len(set(re.findall(r"fleet local +(\S+ \S+) UTC", drawn))) < 2:
            drawn += _ANSI.sub("", os.read(controller, 65536).decode())
        assert storm.stopped in drawn, "it is among the last failures"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def _status_at(up: Up, at: datetime) -> Any:
    done = up.ecsrunner("status", "--at", _text(at), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def _text(at: datetime) -> str:
    return f"{at + timedelta(milliseconds=1):%Y-%m-%dT%H:%M:%S.%fZ}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text) - timedelta(milliseconds=1)
