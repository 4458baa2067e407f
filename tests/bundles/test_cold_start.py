"""The benchmark of cold starts measures what it says: each candidate answers its webhook."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.support.zips import PROJECT

CANDIDATES = ("standard library", "ingest", "ingest, no bytecode", "plain boto3")
_ROW = re.compile(r"^(\w[\w, ]*?)  +(\d+) +\(\d+-\d+\) ", re.MULTILINE)
"""The name of a candidate, and the CPU time of its cold start. So few webhooks tell no more."""


def _measured(built: Path, *words: str) -> str:
    few = ["--rounds", "1", "--webhooks", "5", "--zips", str(built)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cold_start", *few, *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_compares_ingest_with_less_and_with_more(built: Path) -> None:
    printed = _measured(built)
    rows = _ROW.findall(printed)
    assert tuple(name for name, _ in rows) == CANDIDATES
    assert all(int(cpu) > 0 for _, cpu in rows)
    assert "5 roots" in printed


def test_as_json_it_gives_both_figures_of_each(built: Path) -> None:
    figures = json.loads(_measured(built, "--json"))["figures"]
    names = [f"{name}, {what}" for what in ("cold", "warm") for name in CANDIDATES]
    assert [one["name"] for one in figures] == names
    assert {one["floor"] for one in figures} == {"standard library, cold", "standard library, warm"}
    assert all(one["value"] > 0 for one in figures if one["name"].endswith("cold"))
