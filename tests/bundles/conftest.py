"""The bundles for this machine, built once for all tests, and a second time from another place."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
_ROOMS = ("bundles", "functions", "shared", "requirements", "runner")


def checkout(directory: Path) -> Path:
    """A copy of what the bundles are made of."""
    for room in _ROOMS:
        shutil.copytree(PROJECT / room, directory / room, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(PROJECT / "pyproject.toml", directory)
    return directory


def build(directory: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`python -m bundles` in a copy of the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "bundles", *words],
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where the bundles for this machine are."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    copy, out = shared / "a copy", shared / "bundles"
    with (shared / "bundles.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            done = build(checkout(copy), "--for", "local", "--out", str(out))
            assert done.returncode == 0, done.stderr
    return out
