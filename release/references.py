"""Where the documents and examples name a version or the repository, and whether it is right.

The version and the repository's URL are written in `pyproject.toml`. Every other place only repeats
them, so that a reader can copy a command as it stands.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

_VERSIONS = (
    re.compile(r"\?ref=(?P<found>[^\s\"'`)]+)"),
    re.compile(r"git clone --branch (?P<found>\S+)"),
    re.compile(r"/releases/download/(?P<found>[^/\s]+)/"),
    re.compile(r"ecs-runner-fleet-(?P<found>v?\d[^\s/]*?)-(?:arm64|x86_64)\.zip"),
    re.compile(r"^\s*release += +\"(?P<found>[^\"]*)\""),
)
"""Each way to name a release: three by its tag, the others by its version."""
_BY_TAG = 3
_REPOSITORY = re.compile(r"(?P<found>(?:https://)?github\.com/[^/\s]+/ecs-runner-fleet)\b")
_FOLDERS = ("docs", "terraform")
_SUFFIXES = (".md", ".tf")


class Reference(Struct, frozen=True, kw_only=True):
    """One mention: `found` stands in line `line` of `path`, and `right` should."""

    path: Path
    line: int
    found: str
    right: str

    @property
    def is_right(self) -> bool:
        """Whether it is up to date."""
        return self.found == self.right


def repository(project: Path) -> str:
    """The repository's URL: `Repository` in `[project.urls]` of `pyproject.toml`."""
    with (project / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["urls"]["Repository"])


def references(project: Path, version: str) -> list[Reference]:
    """All mentions of a version or of the repository, as they should be at `version`."""
    url = repository(project)
    return [
        Reference(path=path.relative_to(project), line=number, found=found, right=right)
        for path in _files(project)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for found, right in _mentions(line, version, url)
    ]


def _files(project: Path) -> list[Path]:
    """The documents and examples; the changelog names old versions, and may."""
    inside = (one for folder in _FOLDERS for one in (project / folder).rglob("*"))
    found = (*project.glob("*.md"), *(one for one in inside if one.suffix in _SUFFIXES))
    return sorted(
        one for one in found if one.name != "CHANGELOG.md" and ".terraform" not in one.parts
    )


def _mentions(line: str, version: str, url: str) -> Iterator[tuple[str, str]]:
    """Each mention in a line, and what should stand in its place."""
    for number, pattern in enumerate(_VERSIONS):
        right = f"v{version}" if number < _BY_TAG else version
        yield from ((one["found"], right) for one in pattern.finditer(line))
    for one in _REPOSITORY.finditer(line):
        yield one["found"], url if one["found"].startswith("https://") else url[len("https://") :]
