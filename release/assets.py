"""What a release carries: a package for each of Lambda's architectures, hashes, notes.

A package holds what `make package` builds, in the same folders, so that it is unpacked into the
folder that the Terraform module gets as `package_dir`.
"""

import hashlib
from pathlib import Path

from bundles import archive, functions
from bundles.errors import BundleError
from bundles.target import TARGETS
from release import changelog

ARCHITECTURES = tuple(name for name in TARGETS if name != "local")
SUMS = "SHA256SUMS"
"""Hashes as `sha256sum --check` reads them: of the packages beside it, and of what is in each."""
NOTES = "NOTES.md"
"""The release's section of the changelog."""


def write(project: Path, built: Path, out: Path, version: str) -> list[archive.Written]:
    """Write all of them into `out`; the packages that were written.

    Args:
        built: Has a folder for each architecture, in which `make package` was run.

    Raises:
        BundleError: something is not built, or the changelog has no such section.
    """
    notes = _notes(project, version)
    contents = {one: _content(project, built / one, one) for one in ARCHITECTURES}
    written = [
        archive.write(out / package_name(version, one), content)
        for one, content in contents.items()
    ]
    (out / SUMS).write_text(sums({one.path.name: one.sha256 for one in written}))
    (out / NOTES).write_text(notes)
    return written


def package_name(version: str, architecture: str) -> str:
    """The file name of a package."""
    return f"ecs-runner-fleet-{version}-{architecture}.zip"


def sums(hashes: dict[str, str]) -> str:
    """SHA-256 hashes by file name, as lines for `sha256sum --check`."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))


def _content(project: Path, folder: Path, architecture: str) -> dict[str, bytes]:
    """The zips that were built into a folder, and their hashes."""
    names = [f"functions/{one}.zip" for one in functions.names(project)]
    names += ["layer.zip", "runner.zip"]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise BundleError(
            f"{folder} lacks {', '.join(missing)}; build it: make package "
            f'ARCHITECTURE={architecture} ARGS="--out {folder}"'
        )
    found = {name: (folder / name).read_bytes() for name in names}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
    return {**found, SUMS: sums(hashes).encode()}


def _notes(project: Path, version: str) -> str:
    for one in changelog.read(project):
        if one.name == version:
            return f"{one.text}\n"
    raise BundleError(f"CHANGELOG.md has no section [{version}]")
