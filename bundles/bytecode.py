"""Compiles bytecode with the Python version of the runtime, which ignores other versions' bytecode.

Equal sources give equal bytecode with the same patch release of Python. Another patch release can
compile differently, so it is printed with the hashes.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bundles.errors import BundleError

VARIABLE = "BUNDLE_PYTHON"
_VERSION = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
_SCRIPT = Path(__file__).with_name("compile_tree.py")


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter that compiles for a target."""

    path: str
    version: str

    def compile(self, directory: Path, prefix: str) -> None:
        """Compile all modules in a directory, whose path at run time is `prefix`.

        Raises:
            BundleError: A module does not compile.
        """
        done = subprocess.run(  # noqa: S603 - a Python of this machine and a constant script
            [self.path, "-S", str(_SCRIPT), str(directory), prefix],
            env={"PYTHONHASHSEED": "0"},  # the order of constant sets depends on hashes
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BundleError(f"Python {self.version} can not compile it: {done.stderr.strip()}")


def interpreter(version: str) -> Interpreter:
    """Return a Python interpreter of that version, `major.minor`.

    Raises:
        BundleError: None was found.
    """
    looked: list[str] = []
    for path in _candidates(version):
        looked.append(path)
        found = _version(path)
        if found and found.rpartition(".")[0] == version:
            return Interpreter(path, found)
    raise BundleError(
        f"bytecode for Lambda needs Python {version}, and none was found (looked at "
        f"{', '.join(looked)}). Install it, or name one: {VARIABLE}=/path/to/python{version}"
    )


def _candidates(version: str) -> Iterator[str]:
    """Yield possible paths of that Python version. If the variable is set, only its value."""
    if named := os.environ.get(VARIABLE):
        yield named
        return
    yield sys.executable
    name = f"python{version}"
    yield shutil.which(name) or name
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/{name}"), reverse=True))


def _version(path: str) -> str | None:
    """Return its full version; None if it does not run, as a shim of pyenv can."""
    try:
        asked = subprocess.run(  # noqa: S603 - a constant script
            [path, "-S", "-c", _VERSION], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return asked.stdout.strip() if not asked.returncode else None
