"""`python -m smoke` as a process, on a fleet that stands in an emulator of AWS."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from local import clients
from tests.local.stack.support import PROJECT

_PATIENCE = 400
"""Seconds; on AWS it is a quarter of an hour."""
_PAUSE = 3.0
"""Seconds between two calls of `meanwhile`. A run of the Janitor makes dozens of requests, which
the emulator answers in the same process as those of the smoke test."""


def smoke(
    fleet: Path, endpoint: str, *words: str, meanwhile: Callable[[], object]
) -> "subprocess.CompletedProcess[str]":
    """Run it to its end, and call `meanwhile` now and then."""

    def run() -> "subprocess.CompletedProcess[str]":
        outer = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            [sys.executable, "-m", "smoke", "--fleet", str(fleet), "--endpoint", endpoint, *words],
            cwd=PROJECT,
            env={**outer, **clients.variables(endpoint, "smoke")},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )

    with ThreadPoolExecutor() as threads:
        running = threads.submit(run)
        while not running.done():
            meanwhile()
            wait([running], _PAUSE)
        return running.result()


def verdicts(printed: str) -> list[tuple[str, str]]:
    """Verdict and title of each check, in order."""
    lines = re.compile(r"^(ok|FAILED|skipped) +(.*?)  \([0-9.]+ s\)", re.MULTILINE)
    return [(verdict, title) for verdict, title in lines.findall(printed)]
