"""After an outage every job has run once: webhooks lost, ingest down, GitHub's API down."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.local.stack.support import PROJECT

pytestmark = pytest.mark.slow(group="local-stack")


def _outcome(outage: str, jobs: int, seconds: int, directory: Path) -> dict[str, Any]:
    module = "tests.local.stack.lost_webhooks"
    done = subprocess.run(
        [sys.executable, "-m", module, outage, str(jobs), str(seconds), str(directory)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["twice"] == []
    assert told["registered"] == []
    return told


@pytest.mark.timeout(300)
def test_jobs_run_once_each_though_no_webhook_arrives(tmp_path: Path) -> None:
    told = _outcome("webhooks", 6, 60, tmp_path)
    assert told["lost"] >= told["jobs"]
    assert told["conclusions"] == {"success": 5, "cancelled": 2}
    assert set(told["dead_letters"].values()) == {0}


@pytest.mark.timeout(300)
def test_jobs_run_once_each_though_ingest_dies_at_each_webhook(tmp_path: Path) -> None:
    told = _outcome("ingest", 4, 40, tmp_path)
    assert told["lost"] >= told["jobs"]
    assert told["conclusions"] == {"success": 4, "cancelled": 1}
    letters = told["dead_letters"]
    assert {name for name, count in letters.items() if count} <= {"ingest"}, "events of ECS"


@pytest.mark.timeout(300)
def test_jobs_run_once_each_though_github_refuses_each_request_for_a_while(tmp_path: Path) -> None:
    told = _outcome("github", 4, 40, tmp_path)
    assert told["conclusions"] == {"success": 4, "cancelled": 1}
    assert set(told["dead_letters"].values()) == {0}
