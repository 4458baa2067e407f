"""Builds the layer: pinned dependencies, trimmed, with bytecode and root certificates."""

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
"""Directory into which Lambda unpacks layers."""

MODULES = "python"
"""Subdirectory of a layer that Lambda adds to the module path."""

ROOTS = "certificates/aws.pem"
"""Path of the root certificates under `OPT`, for AWS_CA_BUNDLE."""


def layer(project: Path, target: Target, python: Interpreter) -> archive.Entries:
    """Return the contents of the layer's zip.

    Raises:
        BundleError: The dependencies can't be installed.
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
    """Install wheels for the target with verified hashes, without bytecode."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += ["--require-hashes", "--requirement", str(requirements)]
    command += ["--target", str(directory), *target.pip_options()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a constant command
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        where = ", ".join(target.wheels) or "this machine"
        raise BundleError(
            f"pip could not install {requirements.name} for {where} and "
            f"Python {target.python}. It needs a package index, the one that pip is configured "
            f"for, and wheels of all packages there. It said: {' '.join(said) or done.stderr}"
        )
