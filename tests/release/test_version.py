"""The version and the repository are written once; whoever shows them reads them from there."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from bundles import __main__ as bundles
from bundles.version import version
from cli.main import main
from release.references import references, repository

PROJECT = Path(__file__).resolve().parents[2]
VERSION = version(PROJECT)
REPOSITORY = "https://github.com/ecs-runner-fleet/ecs-runner-fleet"


def project(root: Path, **documents: str) -> Path:
    """A project at version 1.2.3 with these documents; `__` in a name stands for a slash."""
    urls = f'[project.urls]\nRepository = "{REPOSITORY}"\n'
    (root / "pyproject.toml").write_text(f'[project]\nversion = "1.2.3"\n{urls}')
    for name, text in documents.items():
        path = root / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return root


def test_the_command_line_shows_the_version_of_the_project() -> None:
    shown = CliRunner().invoke(main, ["--version"], obj=object())
    assert shown.output == f"ecsrunner, version {VERSION}\n"
    assert metadata.version("ecs-runner-fleet") == VERSION


def test_the_bundles_are_built_under_the_version_of_the_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bundles, "_PROJECT", project(tmp_path))
    monkeypatch.setattr(bundles, "_built", lambda *_: ())
    shown = CliRunner().invoke(bundles.main, ["--for", "local"])
    assert shown.output.startswith("1.2.3 for local")


def test_no_source_has_the_version_a_second_time() -> None:
    """Only documents and examples repeat it, and `references` finds those."""
    rooms = ("bundles", "cli", "functions", "local", "release", "runner", "shared", "smoke")
    sources = [path for room in rooms for path in (PROJECT / room).rglob("*.py")]
    named = re.compile(rf"""["'](?:v|ecs-runner-fleet-)?{re.escape(VERSION)}["']""")
    assert len(sources) > 100
    assert [str(path) for path in sources if named.search(path.read_text())] == []


def test_every_mention_of_a_version_or_of_the_repository_is_right() -> None:
    found = references(PROJECT, VERSION)
    assert [f"{one.path}:{one.line}: {one.found}" for one in found if not one.is_right] == []


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "docs/install.md",
        "terraform/README.md",
        "terraform/examples/minimal/README.md",
        "terraform/examples/minimal/main.tf",
        "terraform/examples/complete/README.md",
        "terraform/examples/complete/main.tf",
    ],
)
def test_who_installs_is_sent_to_a_release(path: str) -> None:
    found = [one for one in references(PROJECT, VERSION) if str(one.path) == path]
    assert f"v{VERSION}" in {one.found for one in found}
    assert repository(PROJECT) in {one.found for one in found}


@pytest.mark.parametrize(
    "path", ["README.md", "docs/install.md", "terraform/examples/minimal/README.md"]
)
def test_who_installs_finds_the_name_of_a_package(path: str) -> None:
    assert f"ecs-runner-fleet-{VERSION}-arm64.zip" in (PROJECT / path).read_text()


def test_terraform_writes_the_version_into_what_it_makes() -> None:
    found = [one for one in references(PROJECT, VERSION) if str(one.path) == "terraform/main.tf"]
    assert [one.found for one in found] == [VERSION]


@pytest.mark.parametrize("placeholder", ["<this repository>", "OWNER/ecs-runner-fleet", "<owner>"])
def test_no_document_leaves_the_repository_open(placeholder: str) -> None:
    documents = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]
    documents += (PROJECT / "terraform").rglob("*.md")
    assert [str(one) for one in documents if placeholder in one.read_text()] == []


def test_a_mention_of_another_version_is_found_with_its_place(tmp_path: Path) -> None:
    text = f'\nsource = "git::{REPOSITORY}.git//terraform?ref=v1.2.2"\n'
    (one,) = [
        one for one in references(project(tmp_path, docs__a=text), "1.2.3") if not one.is_right
    ]
    assert (str(one.path), one.line, one.found, one.right) == ("docs/a.md", 2, "v1.2.2", "v1.2.3")


@pytest.mark.parametrize(
    "text",
    [
        "?ref=main",
        f"git clone --branch v1.2.4 {REPOSITORY}",
        f"{REPOSITORY}/releases/download/1.2.3/SHA256SUMS",
        "ecs-runner-fleet-1.2.2-arm64.zip",
        "ecs-runner-fleet-v1.2.3-x86_64.zip",
        '  release = "1.2.2"',
        "https://github.com/acme/ecs-runner-fleet",
        "github.com/acme/ecs-runner-fleet.git",
    ],
)
def test_each_way_to_name_a_release_or_the_repository_is_checked(text: str, tmp_path: Path) -> None:
    found = references(project(tmp_path, README=text), "1.2.3")
    assert [one.is_right for one in found].count(False) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"git clone --branch v1.2.3 {REPOSITORY} && cd ecs-runner-fleet",
        f'"git::{REPOSITORY}.git//terraform?ref=v1.2.3"',
        "ecs-runner-fleet-1.2.3-x86_64.zip",
        "ecs-runner-fleet-X.Y.Z-arm64.zip",
        '  release = "1.2.3"',
        "github.com/actions/runner",
    ],
)
def test_what_is_right_is_left_alone(text: str, tmp_path: Path) -> None:
    assert all(one.is_right for one in references(project(tmp_path, README=text), "1.2.3"))


def test_the_changelog_may_name_old_versions(tmp_path: Path) -> None:
    assert references(project(tmp_path, CHANGELOG="?ref=v0.0.1"), "1.2.3") == []
