"""Ingest answers webhooks, so a cold start of it must not load what it does not need."""

import subprocess
import sys

HEAVY = ("pydantic", "tenacity", "shared.adapters.github", "shared.wiring", "aws_xray_sdk")


def test_ingest_loads_nothing_heavy() -> None:
    code = "import sys, functions.ingest.handler; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "functions.ingest.handler" in loaded
    assert [name for name in HEAVY if name in loaded] == []
