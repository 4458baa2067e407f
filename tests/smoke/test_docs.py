"""The document's table is the catalogue of the checks, and its options are the command's."""

import re
from pathlib import Path

from smoke.__main__ import main
from smoke.catalogue import CHECKS
from smoke.workspace import TAG

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "docs" / "first-deployment.md").read_text()


def test_the_table_has_every_check_in_order_with_its_remedy() -> None:
    rows = [f"| `{one.name}` | {one.title} | {one.remedy} |" for one in CHECKS]
    found = [line for line in TEXT.splitlines() if line.startswith("| `") and line.count("|") == 4]
    assert [line for line in found if line.split("`")[1] == line.split("`")[1].lower()] == rows


def test_every_variable_and_option_that_is_named_is_there() -> None:
    recipe = re.search(
        r"^smoke:.*?\n\n", (PROJECT / "Makefile").read_text(), re.DOTALL | re.MULTILINE
    )
    assert recipe
    named = re.findall(r"^\| `([A-Z_]+)`(?:, `([A-Z_]+)`)?(?:=1)? \|", TEXT, re.MULTILINE)
    assert len(named) > 2
    for name in (one for pair in named for one in pair if one):
        assert f"$({name})" in recipe.group() or f"$(if $({name})" in recipe.group()
    options = {option for one in main.params for option in one.opts} | {"--help"}
    ours = [line for line in TEXT.splitlines() if "-m smoke" in line or "ARGS=" in line]
    assert len(ours) > 1
    assert set(re.findall(r"(?<![\w-])--[a-z-]+", "\n".join(ours))) - options == set()


def test_the_tag_that_is_named_is_the_one_that_is_given() -> None:
    assert f"Key={TAG}" in TEXT
