"""The lines that `ecsrunner github create-app` prints, as `terraform.tfvars` of the examples."""

from typing import Any

import pytest

from cli.commands.created_app import terraform as lines
from cli.github_app.addresses import GitHubServer
from cli.github_app.api import Created
from cli.github_app.creation import Wanted
from cli.github_app.store import places_of
from tests.terraform.conftest import Make
from tests.terraform.support import planned

pytestmark = pytest.mark.slow(file=True, seconds=40)

APP = Created(id=4711, name="a", html_url="https://a", pem="a key", webhook_secret="a secret")
WANTED = Wanted(
    server=GitHubServer("https://github.com"),
    organization="acme",
    name="a",
    webhook_url=None,
    permissions=(),
    places=places_of("blue", None, None, None, overwrite=False),
)
NO_SECRETS = {"github_pat": None, "webhook_secret": None}


@pytest.mark.parametrize(
    ("example", "scope"),
    [
        ("minimal", {"github_repo": "acme/shop"}),
        ("complete", {"github_organization": "acme"}),
    ],
)
def test_the_printed_lines_are_all_that_an_example_needs_to_know_of_the_app(
    make: Make, example: str, scope: dict[str, str]
) -> None:
    terraform = make(f"examples/{example}", prefix="blue", **scope, **NO_SECRETS)
    (terraform.directory / "terraform.tfvars").write_text("\n".join([*lines(APP, WANTED), ""]))
    plan = terraform.plan()
    names = {one["name"] for one in planned(plan, "aws_ssm_parameter")}
    assert names == {
        "/blue/class-sizes", "/blue/terraform/written-secrets", "/ecs-runner-fleet/blue/cli",
    }  # fmt: skip
    told: dict[str, Any] = plan["output_changes"]["fleet"]["after"]
    environments, cli = told["function_environments"], told["cli_environment"]
    assert environments["scheduler"]["GITHUB_APP_ID"] == "4711"
    assert environments["scheduler"]["GITHUB_APP_KEY_PARAM"] == WANTED.places.key
    assert environments["ingest"]["WEBHOOK_SECRET_PARAM"] == WANTED.places.webhook_secret
    assert cli["GITHUB_APP_ID"] == "4711"
    assert cli["GITHUB_APP_KEY_PARAM"] == WANTED.places.key
    assert cli["GITHUB_API_URL"] == "https://api.github.com"
