"""Builds the source zip of the runner image for CodeBuild, which contains `runner/`."""

from pathlib import Path

from bundles import archive


def runner(project: Path) -> archive.Entries:
    """Return the contents of the zip."""
    return archive.tree(project / "runner")
