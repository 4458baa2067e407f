"""Builds the zip of one function: its package and `shared`, as source and bytecode."""

import shutil
import tempfile
from pathlib import Path

from bundles import archive
from bundles.bytecode import Interpreter

TASK_ROOT = "/var/task"
"""Directory into which Lambda unpacks a function."""

_IGNORED = shutil.ignore_patterns("__pycache__", "py.typed")


def names(project: Path) -> list[str]:
    """Return the names of all functions, which are the packages with a handler."""
    return sorted(one.parent.name for one in project.glob("functions/*/handler.py"))


def function(project: Path, name: str, python: Interpreter) -> archive.Entries:
    """Return the contents of the function's zip."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for package in (f"functions/{name}", "shared"):
            shutil.copytree(project / package, root / package, ignore=_IGNORED)
        shutil.copy(project / "functions" / "__init__.py", root / "functions")
        python.compile(root, TASK_ROOT)
        return archive.tree(root)
