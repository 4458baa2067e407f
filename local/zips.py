"""Unpacks the zips of the functions and their layer as Lambda does. `bundles` builds them."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

Paths = dict[str, list[Path]]


class NoZipsError(FileNotFoundError):
    """A zip is missing. The message contains the command that builds it."""


def unpacked(zips: Path, names: Iterable[str], directory: Path) -> Paths:
    """Unpack the zips under `directory`; return the import paths of each function.

    Raises:
        NoZipsError: A zip is missing.
    """
    layer = _unpack(zips / "layer.zip", directory / "opt") / "python"
    return {
        name: [_unpack(zips / "functions" / f"{name}.zip", directory / "task" / name), layer]
        for name in names
    }


def _unpack(path: Path, directory: Path) -> Path:
    if not path.is_file():
        raise NoZipsError(
            f"{path} does not exist; build it with: "
            f"python -m bundles --for local --out {path.parents[path.parent.name == 'functions']}"
        )
    with zipfile.ZipFile(path) as file:
        file.extractall(directory)
    return directory
