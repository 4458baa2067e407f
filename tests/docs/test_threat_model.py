"""The threat model: every test that it names is there, and every actor has its parts."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "docs" / "threat-model.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
SECTIONS = dict(part.split("\n", 1) for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:])
ACTORS = (
    "Somebody on the internet",
    "Author of a workflow",
    "Fork",
    "Contributor who can push images",
    "Repository administrator",
    "Operator",
    "GitHub",
    "AWS",
    "Job inside a runner",
)


@cache
def _tests(path: str) -> frozenset[str]:
    tree = ast.parse((PROJECT / path).read_text())
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    assert name in _tests(path)


@pytest.mark.parametrize("actor", ACTORS)
def test_each_actor_has_what_it_reaches_what_prevents_it_and_what_remains(actor: str) -> None:
    section = SECTIONS[actor]
    assert "Reaches:" in section
    assert "What remains:" in section
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(rows) > 2, "a head and at least one threat"
    assert all("`tests/" in row for row in rows[2:]), "each threat names the test that shows it"
