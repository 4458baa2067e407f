"""`python -m local demo` as a newcomer runs it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local.stack.support import PROJECT, alive, descendants, until

pytestmark = pytest.mark.slow(file=True)


def _is_page(line: str) -> bool:
    """Whether a line is the URL of a page, which is as long as the path of the directory."""
    return line.startswith("  file:///")


def test_the_demo_shows_runners_a_timeline_and_numbers_and_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "local", "demo", "--seed", "1", "--pages", str(tmp_path / "new")],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        lines = [demo.stdout.readline()]
        while "RUNNING" not in lines[-1] and lines[-1]:
            lines.append(demo.stdout.readline())
        processes = descendants(demo.pid)
        text = "".join([*lines, demo.stdout.read()])
    assert demo.returncode == 0, text
    assert "GitHub queues a burst of 9 jobs:" in text
    # The job that is cancelled at once has a runner only if it was queued when the fleet heard it.
    rows = re.findall(r"^demo-\d+-1 +(OFFLINE|FAILED) ", text, re.MULTILINE)
    assert rows.count("OFFLINE") in {7, 8}
    assert rows.count("FAILED") == 1
    assert re.search(r"^\$ ecsrunner runners history \d+$", text, re.MULTILINE)
    assert re.search(r"github +job ended: success on demo-\d+-\d", text)
    assert re.search(
        r"^jobs +9\ntasks started +[78]\nqueued to launched +p50 \d", text, re.MULTILINE
    )
    assert re.search(r"^AWS calls a job +\d+\.\d \(ingest \d+", text, re.MULTILINE)
    assert "All jobs ended as they should." in text
    assert max(len(line) for line in text.splitlines() if not _is_page(line)) <= 80
    pages = [tmp_path / "new" / name for name in ("timeline.html", "report.html")]
    links = [f"  {page.as_uri()}" for page in pages]
    assert text.splitlines()[-3:] == ["To look at in a browser:", *links]
    assert re.search("As of .*: [89] runners, 1 FAILED", pages[0].read_text())
    assert re.search("[89] queued: 7 success", pages[1].read_text())
    assert any("functions.scheduler" in command for command in processes.values())
    until(lambda: not alive(processes), "every process has ended", 10)


@pytest.mark.timeout(240)
def test_in_a_storm_every_job_still_runs_and_nothing_is_left_over(tmp_path: Path) -> None:
    stormy = subprocess.run(
        [
            sys.executable,
            "-m",
            "local",
            "demo",
            "--faults",
            "storm",
            "--seed",
            "11",
            "--pages",
            tmp_path,
        ],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert stormy.returncode == 0, stormy.stdout + stormy.stderr
    assert "All jobs ended as they should." in stormy.stdout
    lines = stormy.stdout.splitlines()
    assert max(len(line) for line in lines if not _is_page(line)) <= 80
    faults = stormy.stdout.rpartition("The storm: ")[2]
    for kind in ("schedulers killed", "webhooks lost", "webhooks doubled"):
        assert re.search(rf"[1-9]\d* {kind}", faults), faults
