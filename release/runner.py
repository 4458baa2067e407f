"""Prepares the change that raises the version of GitHub's runner in the images.

Sources: GitHub Docs, "REST API endpoints for releases", "Get the latest release" and "Get a release
by tag name"; GitHub Changelog, 3 June 2025, "Releases now expose digests for release assets".
"""

import re
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from shared.adapters.github_api import GitHubApi, decode

_RELEASES = "/repos/actions/runner/releases"
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")
_ARCHITECTURES = ("x64", "arm64")


class RunnerError(Exception):
    """The release lacks something, or a file of the project has another form than expected."""


class _Asset(Struct, frozen=True):
    name: str
    digest: str | None = None


class _Release(Struct, frozen=True):
    tag_name: str
    published_at: datetime
    assets: tuple[_Asset, ...]


class Runner(Struct, frozen=True, kw_only=True):
    """A release of GitHub's runner: the SHA-256 of its Linux archives by architecture."""

    version: str
    released: str
    sha256: dict[str, str]


def find(api: GitHubApi, version: str | None) -> Runner:
    """Return that release of GitHub's runner, or the latest one.

    Raises:
        RunnerError: it has no archive, or GitHub has no digest of it.
        Refused: there is no such release.
        Unavailable: GitHub does not answer.
    """
    path = f"{_RELEASES}/tags/v{version}" if version else f"{_RELEASES}/latest"
    answer = api.call("GET", path, None)
    api.check(answer)
    release = decode(answer, _Release)
    found = release.tag_name.removeprefix("v")
    return Runner(
        version=found,
        released=f"{release.published_at:%Y-%m-%d}",
        sha256={one: _digest(release, found, one) for one in _ARCHITECTURES},
    )


def _digest(release: _Release, version: str, architecture: str) -> str:
    name = f"actions-runner-linux-{architecture}-{version}.tar.gz"
    digest = next((one.digest for one in release.assets if one.name == name), None)
    matched = _SHA256.fullmatch(digest or "")
    if matched is None:
        raise RunnerError(f"release {release.tag_name} has no {name} with a SHA-256")
    return matched[1]


def write(project: Path, runner: Runner) -> list[Path]:
    """Write the version into the project's files, and return those that changed.

    Raises:
        RunnerError: a file does not have the text that is to be replaced; none is written.
    """
    day = datetime.fromisoformat(runner.released)
    source = (
        f"# Source: the digests of the release v{runner.version} of github.com/actions/runner "
        f"({day:%-d %B %Y}), read from GitHub's\n# REST API by `make runner-version`. A wrong "
        "checksum makes the build fail; it can't accept another archive.\n"
    )
    edits = {
        "runner/versions.env": [
            (r"(?ms)^# Source: .*?(?=^RUNNER_VERSION=)", source),
            (r"(?m)^RUNNER_VERSION=.*$", f"RUNNER_VERSION={runner.version}"),
            (r"(?m)^RUNNER_SHA256_X64=.*$", f"RUNNER_SHA256_X64={runner.sha256['x64']}"),
            (r"(?m)^RUNNER_SHA256_ARM64=.*$", f"RUNNER_SHA256_ARM64={runner.sha256['arm64']}"),
        ],
        "terraform/variables.tf": [
            (_default("runner_version"), rf'\g<1>"{runner.version}"'),
            (_default("runner_version_released"), rf'\g<1>"{runner.released}"'),
        ],
        "terraform/README.md": [
            (r"(?m)(^\| `runner_version` \|.*\| `)\"[^\"]*\"", rf'\g<1>"{runner.version}"'),
            (
                r"(?m)(^\| `runner_version_released` \|.*\| `)\"[^\"]*\"",
                rf'\g<1>"{runner.released}"',
            ),
        ],
    }
    edited = {project / name: _edited(project / name, changes) for name, changes in edits.items()}
    changed = [path for path, text in edited.items() if text != path.read_text()]
    for path in changed:
        path.write_text(edited[path])
    return changed


def _default(variable: str) -> str:
    """Return the pattern of a variable's default in Terraform."""
    return rf'(?s)(variable "{variable}" \{{.*?default     = )"[^"]*"'


def _edited(path: Path, changes: list[tuple[str, str]]) -> str:
    text = path.read_text()
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text, count=1)
        if count == 0:
            raise RunnerError(f"{path} has no text of the form {pattern}")
    return text
