"""The source of the runner image as CodeBuild takes it: all of `runner/`, and nothing else."""

from pathlib import Path

from bundles import archive


def runner(project: Path) -> archive.Entries:
    """What the zip holds."""
    return archive.tree(project / "runner")
