"""CONTRIBUTING names files, tables and tests that are there; lists of the same are the same."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from functions.janitor.handler import SWEEPS
from shared.domain import events
from shared.domain.event import Fact

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "CONTRIBUTING.md").read_text()
SECTIONS = dict(part.split("\n", 1) for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:])
EXAMPLES = [title for title in SECTIONS if title.startswith("Add a")]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for title in EXAMPLES
    for line in SECTIONS[title].splitlines()
    if line.startswith("| ") and not line.startswith("| ---")
]
"""The rows of the tables of the worked examples."""
PATH = re.compile(r"`((?:[\w.-]+/)*[\w.-]+(?:/|\.\w+)|(?:tests|shared|docs)/[\w/]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
TABLE = re.compile(r"`(_?[A-Z][A-Z_]+)`")
NEW = re.compile(r"`[\w/]*<\w+>\.py` \(new\)")


@cache
def _names(path: str) -> frozenset[str]:
    """What a module defines, on its first level."""
    tree = ast.parse((PROJECT / path).read_text())
    plain = {
        target.id
        for one in tree.body
        if isinstance(one, ast.AnnAssign | ast.Assign)
        for target in _targets(one)
        if isinstance(target, ast.Name)
    }
    return frozenset(plain | {one.name for one in tree.body if isinstance(one, ast.FunctionDef)})


def _targets(one: ast.AnnAssign | ast.Assign) -> list[ast.expr]:
    return one.targets if isinstance(one, ast.Assign) else [one.target]


def test_there_is_an_example_of_each_kind_of_change() -> None:
    assert EXAMPLES == [
        "Add an event type",
        "Add a rule",
        "Add a reason to refuse a job",
        "Add a sweep of the Janitor",
        "Add a kind of notice",
        "Add a CLI command",
        "Add an adapter, or a method of a port",
    ]


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/releasing.md"])
def test_every_file_that_is_named_is_there(document: str) -> None:
    named = set(PATH.findall((PROJECT / document).read_text()))
    named = {one for one in named if "/" in one or one.endswith((".md", ".toml"))}
    assert len(named) > 3
    assert sorted(one for one in named if not (PROJECT / one).exists()) == []


@pytest.mark.parametrize("title", EXAMPLES)
def test_every_example_names_code_and_tests(title: str) -> None:
    first = [line.split("|")[1] for line in SECTIONS[title].splitlines() if line.startswith("| `")]
    assert [one for one in first if "`tests/" in one]
    assert [one for one in first if "`tests/" not in one]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_row_that_begins_with_a_file_names_one_that_is_there_or_is_new(row: list[str]) -> None:
    if row[0].startswith("`"):
        assert PATH.match(row[0]) or NEW.fullmatch(row[0])


def test_every_table_of_the_code_is_in_the_file_of_its_row() -> None:
    wrong, checked = [], 0
    for row in ROWS:
        paths = [path for cell in row[:-1] for path in PATH.findall(cell) if path.endswith(".py")]
        change = re.sub(r"\([^)]*\)", "", row[-1])
        for name in TABLE.findall(change) if paths else ():
            checked += 1
            if not any(name in _names(path) for path in paths):
                wrong.append(f"{paths} {name}")
    assert checked > 8
    assert wrong == []


@pytest.mark.parametrize(("path", "name"), sorted(set(TEST.findall(TEXT))))
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    assert name in _names(path)


def test_every_event_of_a_subject_is_registered() -> None:
    modules = sorted((PROJECT / "shared" / "domain").glob("*/events.py"))
    assert len(modules) == 8
    for path in modules:
        module = importlib.import_module(f"shared.domain.{path.parent.name}.events")
        for fact in vars(module).values():
            is_fact = isinstance(fact, type) and issubclass(fact, Fact) and fact is not Fact
            if is_fact and fact.__module__ == module.__name__:
                assert events.TYPES.get(fact.__name__) is fact
                assert fact.__name__ in events.__all__


def test_every_subject_is_named() -> None:
    subjects = {path.parent.name for path in (PROJECT / "shared" / "domain").glob("*/events.py")}
    named = re.search(r"Each subject \((.*?)\)", TEXT)
    assert named is not None
    assert set(re.findall(r"`(\w+)`", named[1])) == subjects


def test_every_sweep_of_the_janitor_is_described() -> None:
    text = (PROJECT / "ARCHITECTURE.md").read_text()
    table = text.partition("| sweep | finds | does |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(SWEEPS)


def test_the_fast_tests_are_those_that_make_runs() -> None:
    fast = re.search(r"^FAST := (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    named = re.search(r"`make check` runs (.*?)\.\n", TEXT)
    assert fast is not None
    assert named is not None
    assert re.findall(r"`(.*?)`", named[1]) == fast[1].split()


def test_every_folder_of_tests_is_described() -> None:
    table = SECTIONS["How the tests are organised"].partition("\n`")[0]
    folders = {path.relative_to(PROJECT).parts[1] for path in PROJECT.glob("tests/*/**/test_*.py")}
    assert folders - set(re.findall(r"`tests/(\w+)`", table)) == set()
