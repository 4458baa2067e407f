"""The bundles for this machine, built once for every run of pytest that needs them.

They are kept in `build/tests`, named after a digest of all that they are built from. That a build
elsewhere has the same bytes is a test of its own.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).parents[2]
_SOURCES = ("bundles", "functions", "shared", "requirements", "runner")
_KEPT = PROJECT / "build" / "tests"
_KEPT_SECONDS = 3600.0
"""After so many, bundles of other sources are deleted: no run of pytest uses them any more."""


def checkout(directory: Path) -> Path:
    """A copy of what the bundles are made of."""
    for name in _SOURCES:
        shutil.copytree(PROJECT / name, directory / name, ignore=shutil.ignore_patterns("*.pyc"))
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
        timeout=250,
        check=False,
    )


def local_zips() -> Path:
    """Where the bundles for this machine are; the first who needs them builds them."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    out = _KEPT / f"bundles-{_digest()}"
    with (_KEPT / "bundles.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            _forget_old()
            _build(out)
    return out


def _build(out: Path) -> None:
    """Build in a temporary directory first: a build that was interrupted leaves nothing behind."""
    with TemporaryDirectory(dir=_KEPT) as directory:
        copy, built = checkout(Path(directory) / "a copy"), Path(directory) / "built"
        done = build(copy, "--for", "local", "--out", str(built))
        assert done.returncode == 0, done.stderr
        built.rename(out)


def _forget_old() -> None:
    for one in _KEPT.glob("bundles-*"):
        if one.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(one)


def _digest() -> str:
    """A digest of what `checkout` copies and of the Python that compiles it."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(PROJECT)}:{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _files() -> Iterator[Path]:
    yield PROJECT / "pyproject.toml"
    for name in _SOURCES:
        found = (PROJECT / name).rglob("*")
        yield from (one for one in found if one.is_file() and one.suffix != ".pyc")
