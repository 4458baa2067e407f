"""A version can be released if the project, the changelog and the documents agree on it."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from release import __main__ as command
from release.changelog import sections
from release.check import problems
from tests.release.test_version import project

PROJECT = Path(__file__).resolve().parents[2]
CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.3] - 2026-02-28

### Added

- A door.

## [1.2.2] - 2026-01-31

- A wall.
"""


def _problems(tmp_path: Path, changelog: str = CHANGELOG, version: str = "1.2.3") -> list[str]:
    return problems(project(tmp_path, CHANGELOG=changelog), version)


def test_a_version_on_which_all_agree_has_no_problem(tmp_path: Path) -> None:
    assert _problems(tmp_path) == []


@pytest.mark.parametrize(
    "version", ["", "1.2", "v1.2.3", "1.2.3-rc1", "01.2.3", "1.2.3\n", "x.y.z"]
)
def test_what_is_no_version_is_refused(tmp_path: Path, version: str) -> None:
    (problem,) = _problems(tmp_path, version=version)
    assert problem.startswith(f"{version!r} is not a version; allowed: MAJOR.MINOR.PATCH")


def test_the_project_must_have_the_version(tmp_path: Path) -> None:
    found = _problems(tmp_path, CHANGELOG.replace("1.2.3", "1.3.0"), "1.3.0")
    assert found == ["pyproject.toml: the project's version is 1.2.3, not 1.3.0"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[1.2.3]", "[1.2.4]", "there is no section [1.2.3]"),
        (" - 2026-02-28", "", "section [1.2.3] has no date"),
        ("2026-02-28", "2026-02-30", "section [1.2.3] has no date"),
        ("2026-02-28", "28 February 2026", "section [1.2.3] has no date"),
        ("2026-02-28", "20260228", "section [1.2.3] has no date"),
        ("### Added\n\n- A door.\n", "", "section [1.2.3] is empty"),
        ("## [Unreleased]\n", "", "the first section is not [Unreleased]"),
    ],
)
def test_the_changelog_must_have_a_section_with_a_date(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    found = _problems(tmp_path, CHANGELOG.replace(old, new))
    assert len(found) == 1
    assert problem in found[0]


def test_the_version_must_be_the_newest_of_the_changelog(tmp_path: Path) -> None:
    newer = CHANGELOG.replace("## [1.2.3]", "## [1.3.0] - 2026-03-01\n\n- A roof.\n\n## [1.2.3]")
    assert _problems(tmp_path, newer) == ["CHANGELOG.md: the newest release is 1.3.0, not 1.2.3"]


def test_the_documents_must_name_the_version(tmp_path: Path) -> None:
    root = project(tmp_path, CHANGELOG=CHANGELOG, docs__install="\n?ref=v1.2.2\n")
    assert problems(root, "1.2.3") == ["docs/install.md:2: names v1.2.2, not v1.2.3"]


def test_a_section_ends_where_the_next_one_begins() -> None:
    found = {one.name: (one.date, one.text) for one in sections(CHANGELOG)}
    assert found == {
        "Unreleased": ("", ""),
        "1.2.3": ("2026-02-28", "### Added\n\n- A door."),
        "1.2.2": ("2026-01-31", "- A wall."),
    }


def test_the_changelog_of_the_project_can_be_read() -> None:
    first, *_ = sections((PROJECT / "CHANGELOG.md").read_text())
    assert first.name == "Unreleased"


def test_the_command_says_that_all_agree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "_PROJECT", project(tmp_path, CHANGELOG=CHANGELOG))
    done = CliRunner().invoke(command.main, ["check", "1.2.3"])
    assert done.exit_code == 0
    assert done.output == "1.2.3: project, changelog and documents agree\n"


def test_the_command_prints_each_problem_and_fails() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "release", "check", "999.0.0"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "CHANGELOG.md: there is no section [999.0.0]" in done.stderr.splitlines()
