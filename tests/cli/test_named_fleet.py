"""A fleet that is found by its name: by --fleet or ECSRUNNER_FLEET, in an SSM parameter."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from click import Context
from moto import mock_aws

from cli.commands.connecting import connection_of
from cli.errors import NotConfigured
from cli.fleet.aws_fleet import AwsFleet
from cli.fleet.connection import Connection
from cli.fleet.context import EVENTS_TABLE, MEANINGS, RUNNER_TABLE
from cli.fleet.named_fleet import NamedFleet, fleets, parameter_of, parse
from cli.main import main
from local.description import runners_table
from tests.cli.support import run

VARIABLES = {EVENTS_TABLE: "prod-events", RUNNER_TABLE: "prod-runners", "GITHUB_APP_ID": ""}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """SSM and DynamoDB in eu-west-1, by moto."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-west-1")
    for name in ("AWS_ENDPOINT_URL", "ECSRUNNER_FLEET", *MEANINGS):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield boto3.client("ssm")


def _publish(name: str, variables: Mapping[str, str] = VARIABLES) -> None:
    value = json.dumps({"version": "0.1.0", "variables": variables})
    boto3.client("ssm").put_parameter(Name=parameter_of(name), Type="String", Value=value)


def _fleet(environment: Mapping[str, str], *, typed: bool = True) -> AwsFleet:
    return AwsFleet(environment, Connection(fleet="prod", typed=typed))


def _stderr(*words: str, code: int = 2) -> str:
    result = run(None, *words)
    assert result.exit_code == code, result.stderr
    return " ".join(result.stderr.split())


def test_a_name_is_all_that_a_command_needs() -> None:
    _publish("prod")
    boto3.client("dynamodb").create_table(**runners_table("prod-runners"))
    result = run(None, "--fleet", "prod", "runners", "list")
    assert (result.exit_code, result.stderr) == (0, "No runners yet.\n")


def test_the_name_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _publish("prod")
    boto3.client("dynamodb").create_table(**runners_table("prod-runners"))
    monkeypatch.setenv("ECSRUNNER_FLEET", "prod")
    assert run(None, "runners", "list").exit_code == 0


def test_a_fleet_that_was_typed_has_priority_over_the_environment() -> None:
    _publish("prod")
    fleet = _fleet({EVENTS_TABLE: "other", "GITHUB_APP_ID": "4711", "WEBHOOK_URL": "https://x"})
    assert fleet.variable(EVENTS_TABLE) == "prod-events"
    assert fleet.variable("GITHUB_APP_ID") == "", "the fleet has no App"
    assert fleet.variable("WEBHOOK_URL") == "https://x", "the parameter does not have it"


def test_the_environment_has_priority_over_a_fleet_that_was_not_typed() -> None:
    _publish("prod")
    fleet = _fleet({EVENTS_TABLE: "other", RUNNER_TABLE: " "}, typed=False)
    assert fleet.variable(EVENTS_TABLE) == "other"
    assert fleet.variable(RUNNER_TABLE) == "prod-runners"


def test_the_parameter_is_not_read_for_what_the_environment_has() -> None:
    fleet = _fleet({EVENTS_TABLE: "other"}, typed=False)
    assert fleet.variable(EVENTS_TABLE) == "other"


def test_the_parameter_is_read_once() -> None:
    client: Any = boto3.client("ssm")
    answer = {"Parameter": {"Value": '{"version": "1", "variables": {}}'}}

    class Clients:
        ssm = client
        sts: Any = None

    with Stubber(client) as stubber:
        stubber.add_response("get_parameter", answer, {"Name": "/ecs-runner-fleet/prod/cli"})
        named = NamedFleet("prod", Clients())
        assert named.described is named.described


@pytest.mark.parametrize(
    ("words", "connection"),
    [
        (("--fleet", "prod"), Connection(fleet="prod", typed=True)),
        (
            ("runners", "list", "--fleet=prod", "--region", "eu-west-1"),
            Connection(fleet="prod", typed=True, region="eu-west-1"),
        ),
        (("queues", "--profile", "ops", "--json"), Connection(profile="ops")),
        (("runners", "terminate", "--", "--fleet"), Connection()),
    ],
)
def test_the_global_options_may_follow_the_command(
    words: tuple[str, ...], connection: Connection
) -> None:
    context = main.make_context("ecsrunner", list(words), resilient_parsing=True)
    assert connection_of(context) == connection


def test_a_name_of_the_environment_is_not_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECSRUNNER_FLEET", "prod")
    context: Context = main.make_context("ecsrunner", ["queues"])
    assert connection_of(context) == Connection(fleet="prod", typed=False)


def test_a_global_option_without_a_value_is_refused() -> None:
    assert "Option '--fleet' requires an argument." in _stderr("runners", "list", "--fleet")


# --- what may be wrong ---------------------------------------------------------------------------


def test_without_a_fleet_both_ways_to_name_one_are_shown() -> None:
    told = _stderr("runners", "list")
    assert "RUNNER_TABLE (the DynamoDB table of the runners)" in told
    assert "--fleet NAME" in told
    assert "`terraform output -raw cli_exports`" in told


def test_a_fleet_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    _publish("test")
    _publish("staging")
    assert _stderr("--fleet", "prod", "runners", "list") == (
        "Error: There is no fleet 'prod' in eu-west-1 of account 123456789012; fleets there: "
        "staging, test. Looked for: the parameter /ecs-runner-fleet/prod/cli."
    )


def test_another_region_has_other_fleets() -> None:
    _publish("prod")
    told = _stderr("--fleet", "prod", "runners", "list", "--region", "us-east-1")
    assert "no fleet 'prod' in us-east-1 of account 123456789012; there is no fleet at all" in told


def test_who_may_not_list_fleets_is_shown_why_there_are_none() -> None:
    client: Any = boto3.client("ssm")

    class Clients:
        ssm = client
        sts: Any = boto3.client("sts")

    with Stubber(client) as stubber:
        stubber.add_client_error("get_parameter", "ParameterNotFound")
        stubber.add_client_error("get_parameters_by_path", "AccessDeniedException", "not allowed")
        with pytest.raises(NotConfigured) as refused:
            _ = NamedFleet("prod", Clients()).described
    assert "the fleets there can't be listed: " in refused.value.message
    assert "not allowed" in refused.value.message


def test_who_may_not_read_the_parameter_is_shown_that() -> None:
    client: Any = boto3.client("ssm")

    class Clients:
        ssm = client
        sts: Any = None

    with Stubber(client) as stubber:
        stubber.add_client_error("get_parameter", "AccessDeniedException", "not allowed")
        with pytest.raises(client.exceptions.ClientError, match="not allowed"):
            _ = NamedFleet("prod", Clients()).described


@pytest.mark.parametrize("name", ["Prod", "a--b", "prod/x", "a" * 33])
def test_a_name_that_no_fleet_can_have_is_refused(name: str) -> None:
    assert "Invalid value for '--fleet': prefix " in _stderr("--fleet", name, "runners", "list")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("EVENTS_TABLE=x", "malformed"),
        ("[]", "Expected `object`, got `array`"),
        ('{"variables": {}}', "missing required field `version`"),
        ('{"version": "1", "variables": {"EVENTS_TABLE": 7}}', "Expected `str`, got `int`"),
        ("", "truncated"),
    ],
)
def test_a_parameter_that_is_damaged_is_named_with_the_problem(text: str, problem: str) -> None:
    with pytest.raises(NotConfigured) as refused:
        parse("/ecs-runner-fleet/prod/cli", text)
    assert refused.value.message.startswith("The parameter /ecs-runner-fleet/prod/cli does not ")
    assert problem in refused.value.message


def test_fields_of_later_versions_are_ignored() -> None:
    found = parse("/x", '{"version": "9", "variables": {"A": "b"}, "added_later": [1]}')
    assert (found.version, found.variables) == ("9", {"A": "b"})


def test_a_variable_that_neither_has_is_named_with_the_parameter() -> None:
    _publish("prod", {})
    told = _stderr("--fleet", "prod", "runners", "list")
    assert "Neither the parameter /ecs-runner-fleet/prod/cli nor the environment has: " in told
    assert "RUNNER_TABLE (the DynamoDB table of the runners)" in told


def test_only_parameters_of_fleets_are_listed() -> None:
    names = ["/ecs-runner-fleet/b/cli", "/ecs-runner-fleet/a/cli", "/ecs-runner-fleet/github-token"]
    assert fleets([*names, "/ecs-runner-fleet/a/b/cli", "/ecs-runner-fleet/a/cli/x"]) == ["a", "b"]
