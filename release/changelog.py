"""Reads `CHANGELOG.md`, whose format is that of Keep a Changelog 1.1.0."""

import re
from dataclasses import dataclass
from pathlib import Path

UNRELEASED = "Unreleased"
_HEADING = re.compile(r"^## \[(?P<name>[^\]\n]+)\](?: - (?P<date>[^\n]*))?$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section; `name` is a version or `UNRELEASED`, `date` is empty if there is none."""

    name: str
    date: str
    text: str


def read(project: Path) -> list[Section]:
    """All sections of the project's changelog, in their order."""
    return sections((project / "CHANGELOG.md").read_text())


def sections(text: str) -> list[Section]:
    """All sections of a changelog, in their order."""
    headings = list(_HEADING.finditer(text))
    ends = [one.start() for one in headings[1:]] + [len(text)]
    return [
        Section(
            name=one["name"],
            date=(one["date"] or "").strip(),
            text=text[one.end() : end].strip(),
        )
        for one, end in zip(headings, ends, strict=True)
    ]
