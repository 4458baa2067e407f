"""Jobs whose webhooks never arrive run all the same: the Janitor asks GitHub for them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local.stack.support import PROJECT

pytestmark = pytest.mark.slow(group="local-stack")


@pytest.mark.timeout(300)
def test_jobs_run_once_each_though_no_webhook_arrives(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.local.stack.lost_webhooks", "6", "60", str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["lost"] >= told["jobs"]
    assert told["conclusions"] == {"success": 5, "cancelled": 2}
    assert told["twice"] == []
    assert (told["registered"], set(told["dead_letters"].values())) == ([], {0})
