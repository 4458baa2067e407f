"""One moto server, one copy of the module and one plan of the example, for all tests of a file."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.server import MotoServer
from tests.support.zips import local_zips
from tests.terraform import support
from tests.terraform.support import Terraform

SECRETS = {
    "github_pat": "github_pat_that_nobody_may_see_4711",
    "webhook_secret": "webhook_secret_that_nobody_may_see_4711",
}


@pytest.fixture(scope="session", autouse=True)
def _terraform_is_there() -> None:
    if shutil.which("terraform") is None:
        pytest.fail(support.NEEDED, pytrace=False)


@pytest.fixture(scope="module")
def aws() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return support.packages(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def zips() -> Path:
    """The bundles for this machine: what Terraform uploads is what runs."""
    return local_zips()


Make = Callable[..., Terraform]


@pytest.fixture(scope="module")
def make(aws: MotoServer, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a Terraform, ready to plan, in a folder of the module with these inputs."""

    def made(folder: str, **inputs: Any) -> Terraform:
        copy = support.copied(tmp_path_factory.mktemp("module"))
        given = {"package_dir": str(packages), **SECRETS, **inputs}
        return Terraform(copy / folder, aws.url, given).init()

    return made


@pytest.fixture(scope="module")
def inputs_alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Terraform]:
    """Makes a Terraform that validates these inputs of the module and knows no resource."""
    directory = support.inputs_alone(tmp_path_factory.mktemp("inputs"))
    Terraform(directory, endpoint="").init()

    def made(**inputs: Any) -> Terraform:
        return Terraform(directory, endpoint="", inputs={**SECRETS, **inputs})

    return made


@pytest.fixture(scope="module")
def complete(make: Make) -> Terraform:
    return make("examples/complete", prefix="blue", github_organization="acme", max_retries=2)


@pytest.fixture(scope="module")
def plan(complete: Terraform) -> dict[str, Any]:
    return complete.plan()
