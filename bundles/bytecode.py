"""Bytecode for the runtime's Python: another version's would be ignored there.

Equal sources give equal bytecode under one patch release of Python; another one may compile
differently, so it is told with the hashes.
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
    """A Python that can compile for a target."""

    path: str
    version: str

    def compile(self, directory: Path, prefix: str) -> None:
        """Compile all that is in a directory, which is at `prefix` when it runs.

        Raises:
            BundleError: some module does not compile.
        """
        done = subprocess.run(  # noqa: S603 - a Python of this machine, our script
            [self.path, "-S", str(_SCRIPT), str(directory), prefix],
            env={"PYTHONHASHSEED": "0"},  # sets of constants are written in the order of hashes
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BundleError(f"Python {self.version} can not compile it: {done.stderr.strip()}")


def interpreter(version: str) -> Interpreter:
    """A Python of that version, `major.minor`.

    Raises:
        BundleError: there is none.
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
    """Where a Python of that version may be; the person's own word first and alone."""
    if named := os.environ.get(VARIABLE):
        yield named
        return
    yield sys.executable
    name = f"python{version}"
    yield shutil.which(name) or name
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/{name}"), reverse=True))


def _version(path: str) -> str | None:
    """Its full version, if it runs: a shim of pyenv may not."""
    try:
        asked = subprocess.run(  # noqa: S603 - asked for its version
            [path, "-S", "-c", _VERSION], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return asked.stdout.strip() if not asked.returncode else None
