"""The domain reads no clock: `now` is an argument. Import contracts forbid modules, not methods."""

import ast
from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[2] / "shared" / "domain"
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}
"""Methods of `datetime`, `date` and `time` that read a clock. Source: Python documentation."""


def _read(source: str) -> list[str]:
    """Return the calls of `source` that read a clock."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        ast.unparse(one) for one in calls if isinstance(one, ast.Attribute) and one.attr in CLOCKS
    ]


@pytest.mark.parametrize("path", sorted(DOMAIN.rglob("*.py")), ids=lambda path: path.stem)
def test_the_domain_reads_no_clock(path: Path) -> None:
    assert _read(path.read_text()) == []


def test_a_call_that_reads_a_clock_is_seen() -> None:
    assert _read("def f(at): return datetime.now(UTC) - at.replace(hour=0)") == ["datetime.now"]
