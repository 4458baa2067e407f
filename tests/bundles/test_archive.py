"""Zips hold what they are given, and tell nothing of when and where they were written."""

import os
import stat
import zipfile
from pathlib import Path

from bundles import archive

ENTRIES = {"b/run.sh": b"#!/bin/sh\n", "a.py": b"", "b/native.so": b"\x7fELF"}


def _infos(path: Path) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(path) as file:
        return file.infolist()


def test_the_order_in_which_entries_come_does_not_matter(tmp_path: Path) -> None:
    one = archive.write(tmp_path / "one" / "x.zip", ENTRIES)
    other = archive.write(tmp_path / "other.zip", dict(reversed(ENTRIES.items())))
    assert one.sha256 == other.sha256
    assert [info.filename for info in _infos(one.path)] == sorted(ENTRIES)
    assert one.size == one.path.stat().st_size


def test_dates_and_modes_of_the_files_do_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "tree" / "package" / "module.py"
    file.parent.mkdir(parents=True)
    file.write_text("x = 1\n")
    first = archive.write(tmp_path / "one.zip", archive.tree(tmp_path / "tree"))
    os.utime(file, (1, 1))
    file.chmod(0o600)
    second = archive.write(tmp_path / "two.zip", archive.tree(tmp_path / "tree"))
    assert first.sha256 == second.sha256


def test_what_is_to_be_run_can_be_run_and_all_can_be_read(tmp_path: Path) -> None:
    written = archive.write(tmp_path / "x.zip", ENTRIES)
    modes = {info.filename: stat.S_IMODE(info.external_attr >> 16) for info in _infos(written.path)}
    assert modes == {"a.py": 0o644, "b/run.sh": 0o755, "b/native.so": 0o755}


def test_nothing_is_compressed_since_the_bytes_would_differ_between_machines(
    tmp_path: Path,
) -> None:
    written = archive.write(tmp_path / "x.zip", {"zeros": bytes(10_000)})
    (info,) = _infos(written.path)
    assert info.compress_size == info.file_size
    assert info.date_time == (1980, 1, 1, 0, 0, 0)
