"""What an operator enters: refused with a clear message, or to be found in what is made."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from shared import settings
from shared.domain.fargate import MEMORY_BY_CPU
from tests.terraform.conftest import Make
from tests.terraform.environments import SETTINGS, environment
from tests.terraform.support import FUNCTIONS, MODULE, Terraform, TerraformError

pytestmark = pytest.mark.slow(file=True, seconds=60)

LEAST = {"github_repo": "acme/shop", "subnet_ids": ["subnet-1"], "security_groups": ["sg-1"]}

WRONG: dict[str, tuple[Any, str]] = {
    "prefix": ("Fleet_1", "lower-case letters, digits and single '-'"),
    "kms_key_arn": ("alias/mine", "the ARN of a key"),
    "github_additional_credentials": (
        [{"token_parameter": "/a", "app_id": "7"}],
        "token_parameter alone, or app_id and app_private_key_parameter",
    ),
    "github_launches_per_minute": (0, "a whole number of at least 1"),
    "event_bus_name": ("default", "not the default bus"),
    "github_organizations": (["acme/shop"], "names of organizations"),
    "github_server_url": ("http://github.com/", "https://HOST"),
    "subnet_ids": (["eu-central-1a"], "ids that begin with subnet-"),
    "security_groups": (["default"], "ids that begin with sg-"),
    "runner_class_sizes": ({"small": {"cpu": 512, "memory": 8192}}, "512 with 1024, 2048, 3072"),
    "capacity_providers": (["SPOT"], "FARGATE, FARGATE_SPOT or both"),
    "ephemeral_storage_gib": (10, "a whole number from 20 to 200"),
    "architecture": ("arm", "x64, arm64"),
    "offered_labels": (["linux, x64"], "patterns without space and comma"),
    "default_image": ("ubuntu latest", "[HOST/]NAME[:TAG]"),
    "allowed_images": (["ubuntu:*, debian:*"], "no space and no comma"),
    "max_image_builds_per_day": (0, "a whole number from 1 on"),
    "max_repository_image_builds_per_day": (1.5, "a whole number from 1 on"),
    "max_image_builds_at_once": (0, "a whole number from 1 on, or null"),
    "image_unused_days": (1, "a whole number from 2 on"),
    "runner_version": ("latest", "a version such as"),
    "runner_version_released": ("2026-13-01", "a day, YYYY-MM-DD"),
    "runner_download_url": ("https://user:word@mirror.example", "https://HOST"),
    "buildkit_image": ("moby/BuildKit", "or null for gzip"),
    "runner_ttl_seconds": (10, "a whole number from 300 to 432000"),
    "timeouts": ({"idle": 0}, "whole numbers of at least 1"),
    "consumers": ({"scheduler": {"batch_size": 11}}, "a whole number from 1 to 10"),
    "fargate_prices": (
        {"vcpu_hour": 0.04, "gb_hour": 0.004, "spot_ratio": 35},
        "prices of at least 0, spot_ratio from 0 to 1",
    ),
    "log_level": ("WARN", "DEBUG, INFO. At WARN and above Lambda would drop"),
    "max_runners": (0, "a whole number of at least 1"),
    "janitor_schedule_expression": ("every minute", "rate(1 minute)"),
    "log_retention_days": (10, "as CloudWatch has it: 1, 3, 5"),
    "alarm_topic_arn": ("alarms", "the ARN of a topic"),
}

UNUSUAL: dict[str, Any] = {
    "prefix": "unusual",
    "tags": {"owner": "unusual-owner"},
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/unusual",
    "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/unusual",
    "event_bus_name": "unusual-bus",
    "github_repo": "unusual-owner/unusual-repo",
    "github_repositories": ["unusual-owner/unusual-other"],
    "github_organizations": ["unusual-owner"],
    "github_app": {"id": "4299", "installation_id": 4219},
    "github_additional_credentials": [
        {"token_parameter": "/unusual/token-2"},
        {
            "app_id": "4227",
            "app_private_key_parameter": "/unusual/app-key-2",
            "installation_id": 4228,
        },
    ],
    "github_launches_per_minute": 4229,
    "github_server_url": "https://github.unusual.example",
    "runner_groups": [{"repositories": "unusual-owner/unusual-*", "group": "unusual-group"}],
    "subnet_ids": ["subnet-unusual"],
    "security_groups": ["sg-unusual"],
    "runner_class_sizes": {"unusual-class": {"cpu": 8192, "memory": 61440}},
    "default_runner_class": "unusual-class",
    "offered_labels": ["unusual-label"],
    "capacity_providers": ["FARGATE_SPOT"],
    "ephemeral_storage_gib": 123,
    "default_image": "unusual.example/base:1",
    "allowed_images": ["unusual.example/*"],
    "max_image_builds_per_day": 4222,
    "max_repository_image_builds_per_day": 4223,
    "max_image_builds_at_once": 4224,
    "image_unused_days": 4225,
    "runner_version": "2.999.1",
    "runner_sha256": "ab" * 32,
    "runner_download_url": "https://unusual.example/runners",
    "buildkit_image": "unusual.example:5000/moby/buildkit:v0.99.0",
    "runner_ttl_seconds": 4202,
    "timeouts": {"start": 4203, "idle": 4204, "finish": 4205, "stop": 4206, "image_build": 4207},
    "max_runners": 4208,
    "max_launches": 4209,
    "commit_statuses": {"pending_seconds": 4226, "url": "https://unusual.example/refused"},
    "lost_job_reruns": 42,
    "circuit": {"failures": 4210, "pause_seconds": 4211},
    "orphan_grace_seconds": 4212,
    "janitor_schedule_expression": "rate(47 minutes)",
    "function_memory_mib": 4213,
    "consumers": {
        "scheduler": {"batch_size": 7, "concurrency": 421, "timeout_seconds": 426},
        "reconciler": {"batch_size": 9, "concurrency": 427, "timeout_seconds": 428},
    },
    "reserved_concurrency": {"janitor": 4220},
    "log_level": "DEBUG",
    "log_retention_days": 2557,
    "webhook_throttle": {"rate": 4214, "burst": 4215},
    "alarm_topic_arn": "arn:aws:sns:us-east-1:123456789012:unusual-topic",
    "alarm_thresholds": {
        "oldest_message_seconds": 4216,
        "launch_failures": 4217,
        "refused_requests": 4221,
        "runner_version_days": 4218,
        "runner_version_days_left": 4227,
    },
}


@pytest.fixture(scope="module")
def refusal(inputs_alone: Callable[..., Terraform]) -> str:
    """What Terraform says of all wrong inputs at once."""
    terraform = inputs_alone(**LEAST | {name: value for name, (value, _) in WRONG.items()})
    with pytest.raises(TerraformError) as refused:
        terraform.run("plan")
    return _words(refused)


def _words(refused: pytest.ExceptionInfo[TerraformError]) -> str:
    """What Terraform said, without its frame and its line breaks."""
    return " ".join(re.sub(r"[│╷╵\n]+", " ", str(refused.value)).split())


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_input_is_refused_with_what_is_allowed(refusal: str, name: str) -> None:
    said = WRONG[name][1]
    assert f"{name} " in refusal
    assert said in refusal


@pytest.fixture(scope="module")
def root(make: Make) -> Terraform:
    return make("", github_app_private_key="a key that nobody may see", **UNUSUAL)


@pytest.fixture(scope="module")
def plan(root: Terraform) -> dict[str, Any]:
    return root.plan()


@pytest.fixture(scope="module")
def made(plan: dict[str, Any]) -> str:
    """All that would be made, with what the functions are given, as text."""
    after = [one["change"]["after"] for one in plan["resource_changes"]]
    return json.dumps([*after, plan["output_changes"]["function_environments"]["after"]])


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [str(value)]


@pytest.mark.parametrize("name", sorted(set(UNUSUAL) - {"github_server_url"}))
def test_an_input_reaches_what_is_made(made: str, name: str) -> None:
    assert not [value for value in _leaves(UNUSUAL[name]) if value not in made]


def test_the_prices_reach_the_dashboard_whose_body_no_plan_has(plan: dict[str, Any]) -> None:
    calls = plan["configuration"]["root_module"]["module_calls"]
    given = calls["observability"]["expressions"]
    assert given["fargate_prices"] == {"references": ["var.fargate_prices"]}
    assert given["architecture"] == {"references": ["var.architecture"]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_functions_take_what_terraform_lets_through(
    plan: dict[str, Any], function: str
) -> None:
    told = plan["output_changes"]["function_environments"]
    settings.load(SETTINGS[function], environment(told, function))


def test_the_first_apply_says_which_secrets_it_needs(make: Make) -> None:
    terraform = make("", **LEAST, github_pat=None, webhook_secret=None)
    with pytest.raises(TerraformError) as refused:
        terraform.run("plan", "-input=false")
    said = _words(refused)
    assert "github_pat is not set, but has to be written" in said
    assert "webhook_secret is not set, but has to be written" in said
    assert "Set webhook_secret (TF_VAR_webhook_secret), or name a parameter that holds it" in said


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        ([{"token_parameter": "/acme token"}], "the name of an SSM parameter"),
        ([{"app_id": "a b", "app_private_key_parameter": "/key"}], "the App's id or client id"),
        ([{"token_parameter": f"/token-{number}"} for number in range(8)], "at most 7"),
        ([{"token_parameter": "/a"}, {"token_parameter": "/a"}], "each once"),
    ],
)
def test_additional_credentials_that_can_not_work_are_refused(
    inputs_alone: Callable[..., Terraform], credentials: list[dict[str, str]], told: str
) -> None:
    terraform = inputs_alone(**LEAST, github_additional_credentials=credentials)
    with pytest.raises(TerraformError) as refused:
        terraform.run("plan", "-input=false")
    assert told in _words(refused)


def test_the_first_credential_is_no_additional_one(make: Make) -> None:
    again = [{"token_parameter": "/fleet/github-token"}]
    terraform = make("", **LEAST, github_additional_credentials=again)
    with pytest.raises(TerraformError) as refused:
        terraform.run("plan", "-input=false")
    assert "the parameter of the first credential" in _words(refused)


def test_an_app_takes_the_place_of_a_token(plan: dict[str, Any]) -> None:
    told = plan["output_changes"]["function_environments"]
    given = environment(told, "scheduler")
    assert given["GITHUB_APP_KEY_PARAM"] == "/unusual/github-app-key"
    assert "GITHUB_TOKEN_PARAM" not in given


def test_an_enterprise_server_is_called_by_its_api(made: str) -> None:
    assert "https://github.unusual.example/api/v3" in made


def test_no_input_is_declared_in_vain() -> None:
    declared = re.findall(r'^variable "(\w+)"', (MODULE / "variables.tf").read_text(), re.MULTILINE)
    used = "".join(path.read_text() for path in MODULE.glob("*.tf") if path.stem != "variables")
    assert len(declared) > 40
    assert [name for name in declared if not re.search(rf"\bvar\.{name}\b", used)] == []


def test_every_input_is_typed_and_described() -> None:
    for path in [MODULE / "variables.tf", *MODULE.glob("modules/*/variables.tf")]:
        for block in re.split(r'^(?=variable ")', path.read_text(), flags=re.MULTILINE)[1:]:
            name = block.split('"')[1]
            assert re.search(r"^  type\s+=", block, re.MULTILINE), f"{path}: {name} has no type"
            assert re.search(r"^  description\s+=", block, re.MULTILINE), (
                f"{path}: {name} says nothing"
            )


def test_no_module_configures_a_provider() -> None:
    inside = [MODULE, *MODULE.glob("modules/*")]
    texts = [path.read_text() for folder in inside for path in folder.glob("*.tf")]
    assert not [text for text in texts if re.search(r'^provider "', text, re.MULTILINE)]


def test_the_sizes_are_those_that_the_functions_know(root: Terraform) -> None:
    said = root.run("console", stdin="jsonencode(local.fargate_memory_by_cpu)\n")
    table = json.loads(json.loads(said))
    assert {int(cpu): tuple(sizes) for cpu, sizes in table.items()} == MEMORY_BY_CPU
