"""The version of GitHub's runner is raised in every file that names it, or in none."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from release.runner import Runner, RunnerError, find, write
from shared.adapters.github_api import GitHubApi
from shared.ports import Refused
from tests.support.scripted import Scripted, scripted

PROJECT = Path(__file__).parents[2]
FILES = ("runner/versions.env", "terraform/variables.tf", "terraform/README.md")
SHA = {"x64": "1" * 64, "arm64": "2" * 64}
NEWER = Runner(version="2.999.1", released="2026-12-03", sha256=SHA)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def api(server: Scripted) -> Iterator[GitHubApi]:
    made = GitHubApi(server.url, sleep=lambda _: None)
    yield made
    made.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def _release(**digests: str | None) -> dict[str, Any]:
    assets = [
        {"name": f"actions-runner-linux-{one}-2.999.1.tar.gz", "digest": digest}
        for one, digest in digests.items()
    ]
    return {"tag_name": "v2.999.1", "published_at": "2026-12-03T10:00:00Z", "assets": assets}


PUBLISHED = _release(**{one: f"sha256:{digest}" for one, digest in SHA.items()})


@pytest.mark.parametrize(("version", "path"), [(None, "latest"), ("2.999.1", "tags/v2.999.1")])
def test_a_release_is_read_with_its_day_and_its_checksums(
    server: Scripted, api: GitHubApi, version: str | None, path: str
) -> None:
    server.will(200, PUBLISHED)
    assert find(api, version) == NEWER
    assert [path for _, path, _, _ in server.asked] == [f"/repos/actions/runner/releases/{path}"]
    assert "Authorization" not in server.asked[0][3]


@pytest.mark.parametrize("digests", [{}, {"x64": None, "arm64": None}, {"x64": "md5:1"}])
def test_a_release_without_a_checksum_is_refused(
    server: Scripted, api: GitHubApi, digests: dict[str, str | None]
) -> None:
    server.will(200, _release(**digests))
    with pytest.raises(RunnerError, match=r"v2.999.1 has no actions-runner-linux-x64-2.999.1"):
        find(api, None)


def test_an_unknown_version_is_githubs_refusal(server: Scripted, api: GitHubApi) -> None:
    server.will(404, {"message": "Not Found"})
    with pytest.raises(Refused, match="404 Not Found"):
        find(api, "9.9.9")


def test_every_file_that_names_the_version_is_changed_and_nothing_else_in_it(
    project: Path,
) -> None:
    before = {name: (project / name).read_text().splitlines() for name in FILES}
    assert write(project, NEWER) == [project / name for name in FILES]
    after = {name: (project / name).read_text() for name in FILES}
    assert "RUNNER_VERSION=2.999.1\n" in after["runner/versions.env"]
    assert f"RUNNER_SHA256_ARM64={'2' * 64}\n" in after["runner/versions.env"]
    assert "v2.999.1" in after["runner/versions.env"]
    assert "3 December 2026" in after["runner/versions.env"]
    for name in FILES[1:]:
        changed = set(after[name].splitlines()) - set(before[name])
        assert len(changed) == 2
        assert {"2.999.1" in one or "2026-12-03" in one for one in changed} == {True}
    assert write(project, NEWER) == []


def test_a_file_of_another_form_leaves_all_as_they_are(project: Path) -> None:
    readme = project / "terraform/README.md"
    readme.write_text("nothing")
    before = (project / "runner/versions.env").read_text()
    with pytest.raises(RunnerError, match=r"README.md has no text of the form"):
        write(project, NEWER)
    assert (project / "runner/versions.env").read_text() == before
