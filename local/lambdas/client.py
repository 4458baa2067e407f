"""Provides AWS's runtime client in a separate directory, for functions that run from zips.

Lambda also has the client in a separate directory. Here it is installed with the dependencies of
this project, so this module links its modules from there.
"""

from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import files
from pathlib import Path

CLIENT = ("awslambdaric", "snapshot-restore-py", "simplejson")
"""Distributions of the client and its dependencies."""


def linked(directory: Path, distributions: Sequence[str] = CLIENT) -> Path:
    """Create the directory with links to the modules of the distributions, and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    for distribution in distributions:
        for module, origin in _modules(distribution).items():
            with suppress(FileExistsError):  # another environment has created it
                (directory / module).symlink_to(origin)
    return directory


def _modules(distribution: str) -> dict[str, Path]:
    """Return the packages and modules of a distribution by file name."""
    found = [file for file in files(distribution) or () if file.parts[0] != "__pycache__"]
    return {
        file.parts[0]: Path(str(file.locate())).parents[len(file.parts) - 1] / file.parts[0]
        for file in found
        if not file.parts[0].endswith((".dist-info", "..")) and file.suffix in {".py", ".so"}
    }
