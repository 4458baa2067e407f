"""The layer of dependencies: from hashed requirements, trimmed, with bytecode and roots."""

import subprocess
import sys
import tempfile
from pathlib import Path

from bundles import archive
from bundles.bytecode import Interpreter
from bundles.errors import BundleError
from bundles.roots import roots
from bundles.services import services
from bundles.target import Target
from bundles.trim import is_needed

OPT = "/opt"
"""Where Lambda unpacks layers."""

MODULES = "python"
"""What of it Lambda adds to the modules' path."""

ROOTS = "certificates/aws.pem"
"""AWS_CA_BUNDLE is this file under `OPT`."""


def layer(project: Path, target: Target, python: Interpreter) -> archive.Entries:
    """What the layer's zip holds.

    Raises:
        BundleError: the dependencies can not be had.
    """
    used = services(project)
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _install(project / "requirements" / "run.txt", target, root)
        for file in [one for one in root.rglob("*") if one.is_file()]:
            if not is_needed(file.relative_to(root).as_posix(), used):
                file.unlink()
        python.compile(root, f"{OPT}/{MODULES}")
        return {**archive.tree(root, f"{MODULES}/"), ROOTS: roots()}


def _install(requirements: Path, target: Target, directory: Path) -> None:
    """Wheels for the target, checked against their hashes, unpacked and not compiled."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += ["--require-hashes", "--requirement", str(requirements)]
    command += ["--target", str(directory), *target.pip_options()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        where = ", ".join(target.wheels) or "this machine"
        raise BundleError(
            f"pip could not install {requirements.name} for {where} and "
            f"Python {target.python}. It needs a package index, the one that pip is configured "
            f"for, and wheels of all packages there. It said: {' '.join(said) or done.stderr}"
        )
