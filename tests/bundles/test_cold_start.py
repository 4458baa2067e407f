"""The benchmark of cold starts measures what it says: each candidate answers its webhook."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.zips import PROJECT

_ROW = re.compile(
    r"^(\w[\w, ]+?) +(\d+) +\(\d+-\d+\) +\d+ +-?\d+\.\d\d +(\d\.\d\d -?\d\.\d\d)$", re.MULTILINE
)


def test_it_compares_ingest_with_less_and_with_more(built: Path) -> None:
    few = ["--rounds", "1", "--webhooks", "5"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cold_start", *few, "--zips", str(built)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = _ROW.findall(done.stdout)
    assert [name for name, _, _ in rows] == [
        "standard library",
        "ingest",
        "ingest, no bytecode",
        "plain boto3",
    ]
    assert all(int(cpu) > 0 for _, cpu, *_ in rows)
    assert rows[-1][2] == "1.00 1.00"
    assert "5 roots" in done.stdout
