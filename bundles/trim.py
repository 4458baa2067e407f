"""What of an installed dependency a function can never load. Pure: paths in, yes or no out."""

from collections.abc import Collection
from pathlib import PurePosixPath

_DIRECTORIES = frozenset({"tests", "examples", "__pycache__", "bin"})
_SUFFIXES = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h", ".typed"})
_BOTOCORE_DATA = "botocore/data/"
_RESOURCES = "boto3/data/"
"""Of boto3's resources, which are not used here: only clients are."""
_EXAMPLES = "examples-1."


def is_needed(path: str, services: Collection[str]) -> bool:
    """Whether a file, by its path in the site's directory, stays."""
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
    """A package's version and licence are kept, the installer's own notes are not."""
    return file.name == "METADATA" or "licen" in file.as_posix().lower()


def _is_of(path: str, services: Collection[str]) -> bool:
    """Data of a used service, or of no service: endpoints, partitions, retries, defaults."""
    service, _, rest = path.partition("/")
    return not rest or service in services
