"""A cold start must not load what its function does not need."""

import subprocess
import sys

import pytest

HEAVY = ("pydantic", "tenacity", "shared.adapters.github", "shared.wiring", "aws_xray_sdk")
FOR_KEYS = ("jwt", "cryptography", "shared.adapters.github_app")

WIRED = """
import sys
from shared.wiring.github import GitHubSettings, github_client
from shared.wiring.backends import Backends
import functions.scheduler.handler, functions.reconciler.handler, functions.janitor.handler

settings = GitHubSettings({credentials})
github_client(settings, settings.credentials()[0], None, Backends(), print)
print(*sys.modules)
"""


def _loaded(code: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.split()


def test_ingest_loads_nothing_heavy() -> None:
    loaded = _loaded("import sys, functions.ingest.handler; print(*sys.modules)")
    assert "functions.ingest.handler" in loaded
    assert [name for name in HEAVY + FOR_KEYS if name in loaded] == []


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ("github_token_param='/token'", []),
        ("github_app_id='7', github_app_key_param='/key'", list(FOR_KEYS)),
    ],
    ids=["a token", "an App"],
)
def test_only_who_has_a_github_app_loads_a_library_for_keys(
    credentials: str, expected: list[str]
) -> None:
    loaded = _loaded(WIRED.format(credentials=credentials))
    assert "shared.adapters.github" in loaded
    assert [name for name in FOR_KEYS if name in loaded] == expected
