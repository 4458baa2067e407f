"""AWS's runtime client by itself, for functions that bring all else along.

On Lambda the client lies in a directory of its own too; here it is among all that is installed for
this project, so it is linked out of there.
"""

from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import files
from pathlib import Path

CLIENT = ("awslambdaric", "snapshot-restore-py", "simplejson")
"""The client and what it imports."""


def linked(directory: Path, distributions: Sequence[str] = CLIENT) -> Path:
    """That directory, made if need be, with the modules of what is installed, and no others."""
    directory.mkdir(parents=True, exist_ok=True)
    for distribution in distributions:
        for module, origin in _modules(distribution).items():
            with suppress(FileExistsError):  # another environment was first
                (directory / module).symlink_to(origin)
    return directory


def _modules(distribution: str) -> dict[str, Path]:
    """What can be imported from it, by file name: packages and single modules."""
    found = [file for file in files(distribution) or () if file.parts[0] != "__pycache__"]
    return {
        file.parts[0]: Path(str(file.locate())).parents[len(file.parts) - 1] / file.parts[0]
        for file in found
        if not file.parts[0].endswith((".dist-info", "..")) and file.suffix in {".py", ".so"}
    }
