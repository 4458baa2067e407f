"""The module by itself: formatted, valid, and passing its own tests in `terraform/tests`."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from local.aws.server import MotoServer
from smoke.credential import App
from smoke.workspace import Inputs, Workspace, reservable
from tests.terraform.conftest import Make
from tests.terraform.support import MODULE, Terraform, planned

VALIDATIONS = Path("tests") / "validations.tftest.hcl"


@pytest.fixture(scope="module")
def root(make: Make) -> Terraform:
    return make("")


def test_it_is_formatted(root: Terraform) -> None:
    assert root.run("fmt", "-check", "-recursive", "-diff") == ""


@pytest.mark.parametrize("folder", ["", "examples/complete", "examples/minimal"])
def test_it_is_valid(make: Make, folder: str) -> None:
    assert "Success" in make(folder).run("validate")


@pytest.mark.parametrize("reserve", [True, False])
def test_what_the_smoke_test_adds_to_the_example_is_valid(
    aws: MotoServer, tmp_path: Path, *, reserve: bool
) -> None:
    inputs = Inputs(region="eu-central-1", repository="a/b", credential=None, webhook_secret="s")
    workspace = Workspace(prefix="smoke-1a2b", inputs=inputs, room=tmp_path)
    workspace.make(reserve=reserve or not reservable())
    terraform = Terraform(workspace.terraform.directory, aws.url).init()
    assert "Success" in terraform.run("validate")
    assert terraform.run("fmt", "-check", "-diff") == ""


def test_the_smoke_tests_fleet_of_an_app_has_the_key_in_a_parameter_of_its_own(
    aws: MotoServer, packages: Path, tmp_path: Path
) -> None:
    app = App(id="4711", secret="a key that\nnobody may see")
    inputs = Inputs(
        region="eu-central-1", repository="a/b", credential=app, webhook_secret="s" * 16
    )
    workspace = Workspace(prefix="smoke-1a2b", inputs=inputs, room=tmp_path)
    workspace.make(reserve=True)
    given = {**workspace.terraform.variables, "package_dir": str(packages)}
    plan = Terraform(workspace.terraform.directory, aws.url, given).init().plan()
    names = {one["name"] for one in planned(plan, "aws_ssm_parameter")}
    assert "/smoke-1a2b/github-app-key" in names
    assert "/smoke-1a2b/github-token" not in names
    told = plan["output_changes"]["fleet"]["after"]["function_environments"]["scheduler"]
    assert (told["GITHUB_APP_ID"], told["GITHUB_APP_KEY_PARAM"]) == (
        "4711",
        "/smoke-1a2b/github-app-key",
    )
    assert "nobody may see" not in json.dumps(plan)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_its_own_tests_pass(root: Terraform) -> None:
    files = {one.relative_to(MODULE) for one in MODULE.glob("tests/*.tftest.hcl")}
    said = root.run("test", *(f"-filter={one}" for one in files - {VALIDATIONS}))
    assert re.search(r"Success! \d\d passed, 0 failed", said), said


def test_its_tests_of_validations_pass(inputs_alone: Callable[..., Terraform]) -> None:
    said = inputs_alone().run("test")
    assert f"{VALIDATIONS}... pass" in said
    assert re.search(r"Success! \d\d passed, 0 failed", said), said


def test_every_part_has_the_files_of_the_standard_structure() -> None:
    parts = [MODULE, *MODULE.glob("modules/*"), *MODULE.glob("examples/*")]
    assert len(parts) > 8
    expected = {"README.md", "main.tf", "outputs.tf", "variables.tf", "versions.tf"}
    missing = {part.name: expected - {one.name for one in part.iterdir()} for part in parts}
    assert {name: files for name, files in missing.items() if files} == {}


@pytest.mark.parametrize("part", ["", *sorted(one.name for one in MODULE.glob("modules/*"))])
def test_a_readme_names_every_input_and_output_with_its_meaning(part: str) -> None:
    folder = MODULE / "modules" / part if part else MODULE
    readme = (folder / "README.md").read_text()
    for file in ("variables.tf", "outputs.tf"):
        told = re.findall(
            r'^(?:variable|output) "(\w+)" \{\n  description = "(.*)"$',
            (folder / file).read_text(),
            re.MULTILINE,
        )
        assert told, file
        rows = [f"| `{name}` | {said.replace(chr(92), '')} |" for name, said in told]
        assert [row for row in rows if row not in readme] == []
