"""The files for GitHub and for editors: they can be read, and call only what is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
GITHUB = PROJECT / ".github"
FILES = [*sorted(GITHUB.rglob("*.yml")), PROJECT / ".pre-commit-config.yaml"]
WORKFLOWS = {path.stem: path for path in sorted((GITHUB / "workflows").glob("*.yml"))}
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
TARGETS = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
ACTIONS = re.compile(r"(actions|hashicorp)/[\w-]+@v\d+")
"""Of publishers that are trusted, by their major version."""
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")

in_each_workflow = pytest.mark.parametrize("name", WORKFLOWS)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def _jobs(name: str) -> dict[str, Any]:
    jobs: dict[str, Any] = _read(WORKFLOWS[name])["jobs"]
    return jobs


def _steps(name: str) -> list[dict[str, Any]]:
    return [step for job in _jobs(name).values() for step in job.get("steps", ())]


def _targets(commands: str) -> set[str]:
    """The targets that `make` is called with; options and variables are none."""
    calls = re.findall(r"\bmake((?: +(?:--?[\w-]+|[\w-]+)(?![\w=-]))+)", commands)
    return {word for call in calls for word in call.split() if not word.startswith("-")}


def test_there_are_the_workflows_that_the_documents_describe() -> None:
    assert set(WORKFLOWS) == {"check", "test", "release"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_yaml(path: Path) -> None:
    assert isinstance(_read(path), dict)


@in_each_workflow
def test_a_workflow_calls_only_targets_of_make_that_are_there(name: str) -> None:
    called = {target for step in _steps(name) for target in _targets(step.get("run", ""))}
    assert called
    assert called - TARGETS == set()


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("check", {"check"}),
        ("test", {"test"}),
        ("release", {"release-check", "package", "release-assets"}),
    ],
)
def test_each_workflow_runs_what_it_is_named_after(name: str, targets: set[str]) -> None:
    assert {one for step in _steps(name) for one in _targets(step.get("run", ""))} == targets


@pytest.mark.parametrize(
    ("command", "targets"),
    [
        ("make check", {"check"}),
        ("make --silent lint", {"lint"}),
        ('sudo env "PATH=$PATH" make test', {"test"}),
        ('make package ARCHITECTURE=arm64 ARGS="--out x"', {"package"}),
        ("make one two A=b", {"one", "two"}),
        ("echo remake", set()),
    ],
)
def test_the_targets_of_a_command_are_found(command: str, targets: set[str]) -> None:
    assert _targets(command) == targets


@in_each_workflow
def test_a_workflow_may_read_and_no_more_unless_a_job_says_so(name: str) -> None:
    assert _read(WORKFLOWS[name])["permissions"] == {"contents": "read"}
    more = {job: one["permissions"] for job, one in _jobs(name).items() if "permissions" in one}
    assert more == ({"publish": {"contents": "write"}} if name == "release" else {})


@in_each_workflow
def test_every_action_is_pinned_by_its_major_version(name: str) -> None:
    used = [step["uses"] for step in _steps(name) if "uses" in step]
    assert used
    assert [one for one in used if not ACTIONS.fullmatch(one)] == []


def test_one_action_has_one_version() -> None:
    used = {step["uses"] for name in WORKFLOWS for step in _steps(name) if "uses" in step}
    assert len({one.partition("@")[0] for one in used}) == len(used)


@in_each_workflow
def test_no_step_leaves_the_token_in_the_checkout(name: str) -> None:
    checkouts = [one for one in _steps(name) if one.get("uses", "").startswith("actions/checkout")]
    assert [one for one in checkouts if one["with"]["persist-credentials"] is not False] == []


@in_each_workflow
def test_no_command_has_text_of_others_in_it(name: str) -> None:
    """A tag or a title in `${{ }}` becomes part of the script; a variable does not."""
    assert [one for step in _steps(name) for one in EXPRESSION.findall(step.get("run", ""))] == []


@in_each_workflow
def test_every_job_has_a_limit_of_time(name: str) -> None:
    jobs = _jobs(name).items()
    assert [job for job, one in jobs if "uses" not in one and "timeout-minutes" not in one] == []


def test_checks_run_on_every_python_that_the_project_supports() -> None:
    pythons = _jobs("check")["check"]["strategy"]["matrix"]["python"]
    text = (PROJECT / "pyproject.toml").read_text()
    bounds = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', text)
    assert bounds is not None
    assert pythons == [f"3.{minor}" for minor in range(int(bounds[1]), int(bounds[2]))]


def test_all_tests_run_with_every_tool_so_that_none_is_skipped() -> None:
    job = _jobs("test")["test"]
    assert job["env"] == {"CI": "true"}
    tools = {step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step}
    assert {"hashicorp/setup-terraform", "actions/setup-java", "actions/setup-node"} <= tools
    (run,) = [step["run"] for step in job["steps"] if "run" in step]
    assert run.startswith("sudo --preserve-env "), "buildah needs root, and make installs it"


def test_a_release_is_published_after_everything_else_has_passed() -> None:
    jobs = _jobs("release")
    before = {"agree", "check", "test", "build"}
    assert set(jobs) == before | {"publish"}
    assert set(jobs["publish"]["needs"]) == before - {"agree"}
    assert {jobs[name]["needs"] for name in before - {"agree"}} == {"agree"}
    assert {jobs[name]["uses"] for name in ("check", "test")} == {
        "./.github/workflows/check.yml",
        "./.github/workflows/test.yml",
    }


@pytest.mark.parametrize("name", ["check", "test"])
def test_a_workflow_that_another_one_calls_can_be_called(name: str) -> None:
    triggers = _read(WORKFLOWS[name])[True]  # YAML 1.1 reads `on` as true
    assert "workflow_call" in triggers


def test_a_release_begins_with_a_tag_and_checks_it() -> None:
    workflow = _read(WORKFLOWS["release"])
    assert workflow[True] == {"push": {"tags": ["v*"]}}
    commands = [step.get("run", "") for step in workflow["jobs"]["agree"]["steps"]]
    assert 'make release-check VERSION="${GITHUB_REF_NAME#v}"' in commands


def test_hooks_run_the_projects_own_commands_with_the_projects_own_tools() -> None:
    (repository,) = _read(PROJECT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert len(_targets(hook["entry"])) == 1
        assert _targets(hook["entry"]) <= TARGETS


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_has_what_github_requires(path: Path) -> None:
    """Source: GitHub Docs, "Syntax for issue forms" and "Syntax for GitHub's form schema"."""
    form = _read(path)
    assert {"name", "description", "body"} <= set(form)
    ids = [one["id"] for one in form["body"]]
    assert len(ids) == len(set(ids))
    for one in form["body"]:
        assert one["type"] in {"input", "textarea", "dropdown", "checkboxes"}
        assert one["attributes"]["label"]


def test_there_is_a_form_for_bugs_and_one_for_features() -> None:
    assert [path.stem for path in FORMS] == ["bug", "feature"]


def test_vulnerabilities_are_reported_in_private() -> None:
    config = _read(GITHUB / "ISSUE_TEMPLATE" / "config.yml")
    assert config["blank_issues_enabled"] is False
    (link,) = config["contact_links"]
    assert link["url"].endswith("/security/advisories/new")
