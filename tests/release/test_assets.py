"""What a release carries: the built zips in their folders, hashes that fit, and the notes."""

import hashlib
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from bundles.errors import BundleError
from release import __main__ as command
from release.assets import ARCHITECTURES, NOTES, SUMS, write
from tests.release.test_check import CHANGELOG
from tests.release.test_version import project

FUNCTIONS = ("ingest", "scheduler")
ZIPS = ("functions/ingest.zip", "functions/scheduler.zip", "layer.zip", "runner.zip")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two functions, built for each architecture."""
    for name in FUNCTIONS:
        (tmp_path / "functions" / name).mkdir(parents=True)
        (tmp_path / "functions" / name / "handler.py").touch()
    for architecture in ARCHITECTURES:
        for name in ZIPS:
            path = tmp_path / "build" / "release" / architecture / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{architecture} {name}".encode())
    return project(tmp_path, CHANGELOG=CHANGELOG)


def _write(root: Path) -> Path:
    write(root, root / "build" / "release", root / "dist", "1.2.3")
    return root / "dist"


def _sums(text: str) -> dict[str, str]:
    return {name: sha256 for sha256, name in (line.split("  ") for line in text.splitlines())}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_there_is_a_package_for_each_architecture_of_lambda(root: Path) -> None:
    assert {one.name for one in _write(root).glob("*.zip")} == {
        "ecs-runner-fleet-1.2.3-arm64.zip",
        "ecs-runner-fleet-1.2.3-x86_64.zip",
    }


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_package_holds_what_was_built_and_its_hashes(root: Path, architecture: str) -> None:
    with zipfile.ZipFile(_write(root) / f"ecs-runner-fleet-1.2.3-{architecture}.zip") as file:
        held = {name: file.read(name) for name in file.namelist()}
    hashes = _sums(held.pop(SUMS).decode())
    assert held == {name: f"{architecture} {name}".encode() for name in ZIPS}
    assert hashes == {name: _sha256(content) for name, content in held.items()}


def test_the_hashes_are_those_of_the_packages(root: Path) -> None:
    dist = _write(root)
    packages = {one.name: _sha256(one.read_bytes()) for one in dist.glob("*.zip")}
    assert _sums((dist / SUMS).read_text()) == packages


def test_the_notes_are_the_section_of_the_changelog(root: Path) -> None:
    assert (_write(root) / NOTES).read_text() == "### Added\n\n- A door.\n"


def test_what_is_not_built_is_named_with_the_command_that_builds_it(root: Path) -> None:
    (root / "build" / "release" / "x86_64" / "layer.zip").unlink()
    with pytest.raises(BundleError, match=r"lacks layer\.zip; .*make package ARCHITECTURE=x86_64"):
        _write(root)
    assert not (root / "dist").exists()


def test_a_version_without_a_section_has_no_release(root: Path) -> None:
    with pytest.raises(BundleError, match=r"CHANGELOG\.md has no section \[1\.3\.0\]"):
        write(root, root / "build" / "release", root / "dist", "1.3.0")


def test_the_command_prints_the_hash_of_each_package(
    monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    monkeypatch.setattr(command, "_PROJECT", root)
    words = ["--built", str(root / "build" / "release"), "--out", str(root / "dist")]
    done = CliRunner().invoke(command.main, ["assets", *words])
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines()] == [
        _sums((root / "dist" / SUMS).read_text())[f"ecs-runner-fleet-1.2.3-{one}.zip"]
        for one in ARCHITECTURES
    ]
