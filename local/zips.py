"""The functions' zips and their layer, unpacked as Lambda unpacks them. Nothing is built here."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

Paths = dict[str, list[Path]]


class NoZipsError(FileNotFoundError):
    """A zip is not where it should be; the text says how it gets there."""


def unpacked(zips: Path, names: Iterable[str], directory: Path) -> Paths:
    """Unpack them under `directory`; by function, where its modules are and where its layer's.

    Raises:
        NoZipsError: one of them is missing.
    """
    layer = _unpack(zips / "layer.zip", directory / "opt") / "python"
    return {
        name: [_unpack(zips / "functions" / f"{name}.zip", directory / "task" / name), layer]
        for name in names
    }


def _unpack(path: Path, directory: Path) -> Path:
    if not path.is_file():
        raise NoZipsError(
            f"{path} is not there; build it: "
            f"python -m bundles --for local --out {path.parents[path.parent.name == 'functions']}"
        )
    with zipfile.ZipFile(path) as file:
        file.extractall(directory)
    return directory
