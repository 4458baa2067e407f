"""The table of disagreements names tests that there are."""

import ast
from pathlib import Path

from tests.judges.disagreements import DISAGREEMENTS

CONTRACTS = Path(__file__).parents[1] / "contracts"


def test_every_disagreement_is_about_a_case_of_a_contract_that_runs_on_ministack() -> None:
    unknown = [
        f"{one.file}::{case}"
        for one in DISAGREEMENTS
        for case in one.cases
        if case not in _tests(CONTRACTS / one.file)
    ]
    assert unknown == []


def test_every_disagreement_has_its_source_in_the_documentation_of_aws() -> None:
    for one in DISAGREEMENTS:
        assert one.source.startswith(("Amazon ", "AWS ")), one
        assert "Reference" in one.source or "Guide" in one.source, one


def _tests(file: Path) -> set[str]:
    text = file.read_text()
    assert "ministack" in text
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
