"""Whether a version can be released: the project, the changelog and the documents agree on it."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bundles.version import version as project_version
from release import changelog
from release.references import references

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
"""Semantic Versioning 2.0.0, without pre-releases."""


def problems(project: Path, version: str) -> list[str]:
    """What keeps `version` from being released; each names the file and what it should hold."""
    if not _VERSION.fullmatch(version):
        return [f"{version!r} is not a version; allowed: MAJOR.MINOR.PATCH, such as 0.1.0"]
    return [
        *_of_project(project, version),
        *_of_changelog(changelog.read(project), version),
        *_of_documents(project, version),
    ]


def _of_project(project: Path, version: str) -> Iterator[str]:
    found = project_version(project)
    if found != version:
        yield f"pyproject.toml: the project's version is {found}, not {version}"


def _of_changelog(sections: list[changelog.Section], version: str) -> Iterator[str]:
    names = [one.name for one in sections]
    if names[:1] != [changelog.UNRELEASED]:
        yield f"CHANGELOG.md: the first section is not [{changelog.UNRELEASED}]"
    if version not in names:
        yield f"CHANGELOG.md: there is no section [{version}]"
        return
    released = [one for one in sections if one.name != changelog.UNRELEASED]
    if released[0].name != version:
        yield f"CHANGELOG.md: the newest release is {released[0].name}, not {version}"
    section = next(one for one in sections if one.name == version)
    if not _is_date(section.date):
        yield f"CHANGELOG.md: section [{version}] has no date; write: ## [{version}] - YYYY-MM-DD"
    if not section.text:
        yield f"CHANGELOG.md: section [{version}] is empty"


def _of_documents(project: Path, version: str) -> Iterator[str]:
    for one in references(project, version):
        if not one.is_right:
            yield f"{one.path}:{one.line}: names {one.found}, not {one.right}"


def _is_date(text: str) -> bool:
    """Whether the text is a day, as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
