"""Zip files that depend on nothing but their content: sorted, one date, two modes, not compressed.

Compressed bytes differ with the machine's zlib, so the entries are stored; Lambda unpacks a zip
when it is published, and what counts against its limits is the size unpacked.
"""

import hashlib
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_DATE = (1980, 1, 1, 0, 0, 0)
"""The first one that a zip can tell."""
_UNIX = 3
_EXECUTABLE = frozenset({".sh", ".so"})

Entries = Mapping[str, bytes]
"""Contents by the path in the zip, with `/` between its parts."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A zip that was written."""

    path: Path
    size: int
    sha256: str


def write(path: Path, entries: Entries) -> Written:
    """Write the zip; its directory is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(entries):
            file.writestr(_info(name), entries[name])
    content = path.read_bytes()
    return Written(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def tree(root: Path, prefix: str = "") -> dict[str, bytes]:
    """Every file under a directory, by its path in there behind `prefix`."""
    files = (one for one in root.rglob("*") if one.is_file())
    return {prefix + one.relative_to(root).as_posix(): one.read_bytes() for one in files}


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system = _UNIX
    mode = 0o755 if Path(name).suffix in _EXECUTABLE else 0o644
    info.external_attr = (stat.S_IFREG | mode) << 16
    return info
