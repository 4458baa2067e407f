"""Decides which files of the installed dependencies the functions need."""

from collections.abc import Collection
from pathlib import PurePosixPath

_DIRECTORIES = frozenset({"tests", "examples", "__pycache__", "bin"})
_SUFFIXES = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h", ".typed"})
_BOTOCORE_DATA = "botocore/data/"
_RESOURCES = "boto3/data/"
"""Path of boto3's resources. The functions use only clients."""
_EXAMPLES = "examples-1."


def is_needed(path: str, services: Collection[str]) -> bool:
    """Return whether a file is needed, by its path in the site-packages directory."""
    file = PurePosixPath(path)
    if file.suffix in _SUFFIXES or _DIRECTORIES.intersection(file.parts[:-1]):
        return False
    if path.startswith(_RESOURCES) or file.name.startswith(_EXAMPLES):
        return False
    if file.parts[0].endswith(".dist-info"):
        return _is_told(file)
    if path.startswith(_BOTOCORE_DATA):
        return _is_of(path.removeprefix(_BOTOCORE_DATA), services)
    return True


def _is_told(file: PurePosixPath) -> bool:
    """Return whether a metadata file is kept: version and licence, not the installer's records."""
    return file.name == "METADATA" or "licen" in file.as_posix().lower()


def _is_of(path: str, services: Collection[str]) -> bool:
    """Return whether botocore data belongs to a used service, or to none, such as endpoints."""
    service, _, rest = path.partition("/")
    return not rest or service in services
