"""Writes reproducible zip files: sorted, with one date, two file modes and no compression.

The entries are not compressed, because compressed bytes depend on the machine's zlib. Lambda
unpacks a zip when it is published, and its limits apply to the unpacked size.
"""

import hashlib
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip can store."""
_UNIX = 3
_EXECUTABLE = frozenset({".sh", ".so"})

Entries = Mapping[str, bytes]
"""Contents by path in the zip, with `/` as separator."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A written zip."""

    path: Path
    size: int
    sha256: str


def write(path: Path, entries: Entries) -> Written:
    """Write the zip, and create its directory if necessary."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(entries):
            file.writestr(_info(name), entries[name])
    content = path.read_bytes()
    return Written(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def tree(root: Path, prefix: str = "") -> dict[str, bytes]:
    """Return all files under a directory, by their relative path after `prefix`."""
    files = (one for one in root.rglob("*") if one.is_file())
    return {prefix + one.relative_to(root).as_posix(): one.read_bytes() for one in files}


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system = _UNIX
    mode = 0o755 if Path(name).suffix in _EXECUTABLE else 0o644
    info.external_attr = (stat.S_IFREG | mode) << 16
    return info
