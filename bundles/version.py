"""The project's version, which is written in `pyproject.toml` and nowhere else."""

import tomllib
from pathlib import Path


def version(project: Path) -> str:
    """The version in the project's `pyproject.toml`, such as `0.1.0`."""
    with (project / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
