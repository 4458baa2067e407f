"""Settings are read once and name everything that is wrong at once."""

from typing import Any

import pytest

from functions.ingest.settings import Settings as IngestSettings
from shared import settings
from shared.domain.bounds import MAX_SECONDS
from shared.domain.policy import Images
from shared.domain.runner_scope import GroupRule, RunnerScopes
from shared.wiring.backends import Backends
from shared.wiring.dependencies import dependencies
from shared.wiring.github import hook_organizations
from shared.wiring.message_handler import ConsumerSettings
from shared.wiring.policy import FleetSettings, policy
from tests.support.tokens import Held

FLEET = {
    "PREFIX": "fleet",
    "EVENTS_TABLE": "events",
    "RUNNER_TABLE": "runners",
    "CLUSTER": "fleet",
    "CONFIG_BUCKET": "configs",
    "CLASS_SIZES_PARAM": "/fleet/classes",
    "DEFAULT_CLASS": "small",
    "GITHUB_TOKEN_PARAM": "/fleet/token",
    "RUNNER_IMAGE": "runner@sha256:0",
    "TASK_DEFINITION": "runner:1",
    "SUBNET_IDS": "subnet-1, subnet-2",
    "SECURITY_GROUP_IDS": "sg-1",
    "QUEUE_URL": "https://queue",
}
INGEST = {
    "EVENTS_TABLE": "events",
    "RUNNER_TABLE": "runners",
    "PREFIX": "fleet",
    "CLUSTER": "arn",
    "GITHUB_SCOPE": "octo/repo,acme",
    "WEBHOOK_SECRET_PARAM": "/fleet/secret",
}


def test_a_function_reads_its_environment() -> None:
    read = settings.load(ConsumerSettings, FLEET | {"ASSIGN_PUBLIC_IP": "true", "OTHER": "x"})
    assert read.subnet_ids == ("subnet-1", "subnet-2")
    assert read.assign_public_ip is True
    assert read.runner_ttl_seconds == 7200


@pytest.mark.parametrize("wrong", ["-1", "51", "1.5", "often"])
def test_lost_jobs_are_run_again_at_most_as_often_as_github_allows(wrong: str) -> None:
    assert settings.load(FleetSettings, FLEET).lost_job_reruns == 0
    assert settings.load(FleetSettings, FLEET | {"LOST_JOB_RERUNS": "50"}).lost_job_reruns == 50
    with pytest.raises(settings.SettingsError, match="LOST_JOB_RERUNS is wrong"):
        settings.load(FleetSettings, FLEET | {"LOST_JOB_RERUNS": wrong})


def test_no_duration_is_longer_than_what_an_event_can_record() -> None:
    longest = FLEET | {"RUNNER_TTL_SECONDS": str(MAX_SECONDS)}
    assert settings.load(FleetSettings, longest).runner_ttl_seconds == MAX_SECONDS
    with pytest.raises(settings.SettingsError, match=r"RUNNER_TTL_SECONDS is wrong .* <= 31622400"):
        settings.load(FleetSettings, FLEET | {"RUNNER_TTL_SECONDS": str(MAX_SECONDS + 1)})


def test_every_missing_and_wrong_variable_is_named_in_one_error() -> None:
    environment = FLEET | {"RUNNER_TTL_SECONDS": "soon", "MAX_LAUNCHES": "0", "CLUSTER": " "}
    del environment["EVENTS_TABLE"]
    with pytest.raises(settings.SettingsError) as caught:
        settings.load(FleetSettings, environment)
    for told in (
        "EVENTS_TABLE is missing",
        "CLUSTER is missing",
        "RUNNER_TTL_SECONDS is wrong",
        "MAX_LAUNCHES is wrong (Expected `int` >= 1)",
    ):
        assert told in str(caught.value)


def test_ingests_scope_is_a_repository_or_an_owner() -> None:
    read = settings.load(IngestSettings, INGEST)
    assert read.offer.contains("Octo/Repo")
    assert read.offer.contains("ACME/anything")
    assert not read.offer.contains("octo/other")
    assert not read.offer.contains("evil-octo/repo")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("PREFIX", "Not Good", "prefix 'Not Good' is not valid"), ("GITHUB_SCOPE", "a b", "'a b'")],
)
def test_values_that_can_not_work_say_what_is_allowed(name: str, value: str, told: str) -> None:
    with pytest.raises(settings.SettingsError, match="allowed") as caught:
        settings.load(IngestSettings, INGEST | {name: value})
    assert told in str(caught.value)


def test_who_drives_the_fleet_knows_its_prefix_and_how_long_an_orphan_is_spared() -> None:
    read = settings.load(FleetSettings, FLEET | {"ORPHAN_GRACE_SECONDS": "30"})
    assert (read.prefix, read.orphan_grace_seconds) == ("fleet", 30)
    assert settings.load(FleetSettings, FLEET).orphan_grace_seconds == 120
    with pytest.raises(settings.SettingsError, match="prefix 'Fleet_1' is not valid; allowed"):
        settings.load(FleetSettings, FLEET | {"PREFIX": "Fleet_1"})


APP = {"GITHUB_APP_ID": "7", "GITHUB_APP_KEY_PARAM": "/fleet/app-key"}
TOKEN = {"GITHUB_TOKEN_PARAM": "/fleet/token"}
NOBODY = {name: value for name, value in FLEET.items() if name not in TOKEN}


@pytest.mark.parametrize("credentials", [TOKEN, APP, APP | {"GITHUB_APP_INSTALLATION_ID": "42"}])
def test_a_token_or_an_app_proves_who_asks_github(credentials: dict[str, str]) -> None:
    read = settings.load(FleetSettings, NOBODY | credentials)
    told = {name: str(getattr(read, name.lower())) for name in credentials}
    assert told == credentials


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        ({}, "none"),
        (APP | TOKEN, "GITHUB_TOKEN_PARAM, GITHUB_APP_ID, GITHUB_APP_KEY_PARAM"),
        ({"GITHUB_APP_ID": "7"}, "GITHUB_APP_ID"),
        ({"GITHUB_APP_KEY_PARAM": "/key"}, "GITHUB_APP_KEY_PARAM"),
        ({"GITHUB_APP_INSTALLATION_ID": "42"}, "GITHUB_APP_INSTALLATION_ID"),
        (
            TOKEN | {"GITHUB_APP_INSTALLATION_ID": "42"},
            "GITHUB_TOKEN_PARAM, GITHUB_APP_INSTALLATION_ID",
        ),
    ],
)
def test_none_half_or_two_credentials_are_one_error_that_says_what_is_allowed(
    credentials: dict[str, str], told: str
) -> None:
    allowed = (
        r"allowed: either GITHUB_TOKEN_PARAM alone .* or GITHUB_APP_ID and GITHUB_APP_KEY_PARAM"
    )
    with pytest.raises(settings.SettingsError, match=allowed) as caught:
        settings.load(FleetSettings, NOBODY | credentials)
    assert str(caught.value).endswith(f"; set: {told}")


MORE = "GITHUB_ADDITIONAL_CREDENTIALS"
ANOTHER = '{"token_param": "/fleet/token-2"}'


def test_further_credentials_have_the_names_of_their_parameters_or_apps() -> None:
    text = f'[{ANOTHER}, {{"app_id": "8", "app_key_param": "/key", "installation_id": 9}}]'
    read = settings.load(FleetSettings, NOBODY | APP | {MORE: text})
    assert [one.name for one in read.credentials()] == ["7", "/fleet/token-2", "8"]
    assert [one.is_app for one in read.credentials()] == [True, False, True]
    assert [one.installation_id for one in read.credentials()] == [None, None, 9]
    secrets = [one.secret_param for one in read.credentials()]
    assert secrets == ["/fleet/app-key", "/fleet/token-2", "/key"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/fleet/token-2", "JSON is malformed"),
        ('[{"token": "abc"}]', "unknown field `token`"),
        ("[{}]", r"GITHUB_ADDITIONAL_CREDENTIALS\[0\] has nothing; allowed: token_param alone, or"),
        (f'[{ANOTHER}, {{"app_id": "7"}}]', r"\[1\] has app_id; allowed: .* app_key_param"),
        ('[{"token_param": "/a", "installation_id": 7}]', "has token_param, installation_id"),
        (f"[{ANOTHER}, {ANOTHER}]", "has /fleet/token-2 twice"),
        ('[{"token_param": "/fleet/token"}]', "has /fleet/token twice, or it is the first"),
        (
            f"[{', '.join(ANOTHER.replace('2', str(number)) for number in range(2, 11))}]",
            "has 9 credentials; allowed: 7",
        ),
    ],
)
def test_further_credentials_that_can_not_work_say_what_is_allowed(text: str, told: str) -> None:
    with pytest.raises(settings.SettingsError, match=told):
        settings.load(FleetSettings, NOBODY | TOKEN | {MORE: text})


def test_an_installation_is_a_number() -> None:
    with pytest.raises(settings.SettingsError, match="GITHUB_APP_INSTALLATION_ID is wrong"):
        settings.load(FleetSettings, NOBODY | APP | {"GITHUB_APP_INSTALLATION_ID": "octo"})


def _registering(**more: str) -> FleetSettings:
    return settings.load(FleetSettings, FLEET | more)


def test_runners_are_registered_at_the_organizations_or_the_enterprise_that_are_set() -> None:
    assert _registering().runner_scopes == RunnerScopes()
    read = _registering(GITHUB_ORGANIZATIONS="acme, octo")
    assert read.runner_scopes == RunnerScopes(organizations=("acme", "octo"))
    read = _registering(GITHUB_ENTERPRISE="octo-inc")
    assert read.runner_scopes == RunnerScopes(enterprise="octo-inc")


def test_an_enterprise_has_its_webhooks_at_the_organizations_that_it_serves() -> None:
    served = ("acme", "octo/repo")
    organizations = _registering(GITHUB_ORGANIZATIONS="octo")
    assert hook_organizations(organizations, served) == ("octo",)
    enterprise = _registering(GITHUB_ENTERPRISE="octo-inc")
    assert hook_organizations(enterprise, served) == ("acme",)


def test_runner_groups_are_written_as_json() -> None:
    text = '[{"repositories": "acme/deploy-*", "group": "deploy, prod"}]'
    read = _registering(GITHUB_ORGANIZATIONS="acme", RUNNER_GROUPS=text)
    assert read.runner_groups == (GroupRule(repositories="acme/deploy-*", group="deploy, prod"),)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"GITHUB_ORGANIZATIONS": "acme/shop"},
            "GITHUB_ORGANIZATIONS: 'acme/shop'; allowed: names",
        ),
        ({"GITHUB_ENTERPRISE": "Octo Inc"}, "GITHUB_ENTERPRISE: 'Octo Inc'; allowed: names"),
        (
            {"GITHUB_ORGANIZATIONS": "acme", "GITHUB_ENTERPRISE": "octo"},
            "GITHUB_ENTERPRISE and GITHUB_ORGANIZATIONS are both set; allowed: one",
        ),
        ({"RUNNER_GROUPS": "deploy"}, "RUNNER_GROUPS is wrong"),
        (
            {"RUNNER_GROUPS": '[{"repositories": "acme/*", "group": "x", "id": 3}]'},
            "RUNNER_GROUPS is wrong (Object contains unknown field `id`",
        ),
        (
            {"RUNNER_GROUPS": '[{"repositories": "acme/*", "group": "x"}]'},
            "runners of acme are registered at repositories, which have no groups; allowed: owners",
        ),
        (
            {
                "RUNNER_GROUPS": '[{"repositories": "acme", "group": "x"}]',
                "GITHUB_ORGANIZATIONS": "acme",
            },
            "'acme' with group 'x'; allowed: OWNER/PATTERN",
        ),
        (
            {
                "RUNNER_GROUPS": '[{"repositories": "acme/*", "group": " "}]',
                "GITHUB_ENTERPRISE": "octo",
            },
            "'acme/*' with group ' '; allowed: OWNER/PATTERN, where * matches any text, and the",
        ),
    ],
)
def test_scopes_and_groups_that_can_not_work_say_what_is_allowed(
    values: dict[str, str], told: str
) -> None:
    with pytest.raises(settings.SettingsError) as caught:
        _registering(**values)
    assert told in str(caught.value)


def test_an_app_can_not_register_runners_at_an_enterprise() -> None:
    told = "GITHUB_ENTERPRISE is set with a GitHub App, .* allowed: GITHUB_TOKEN_PARAM"
    with pytest.raises(settings.SettingsError, match=told):
        settings.load(FleetSettings, NOBODY | APP | {"GITHUB_ENTERPRISE": "octo"})
    more = '[{"app_id": "7", "app_key_param": "/fleet/key-2"}]'
    enterprise = {"GITHUB_ENTERPRISE": "octo", "GITHUB_ADDITIONAL_CREDENTIALS": more}
    with pytest.raises(settings.SettingsError, match=told):
        settings.load(FleetSettings, NOBODY | TOKEN | enterprise)


def test_one_installation_serves_one_organization() -> None:
    one = NOBODY | APP | {"GITHUB_APP_INSTALLATION_ID": "42"}
    read = settings.load(FleetSettings, one | {"GITHUB_ORGANIZATIONS": "acme"})
    assert read.github_app_installation_id == 42
    with pytest.raises(settings.SettingsError, match="allowed: one organization, or no installa"):
        settings.load(FleetSettings, one | {"GITHUB_ORGANIZATIONS": "acme,octo"})


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com",
        "https://api.acme.ghe.com",
        "https://github.example.com/api/v3",
        "https://github.example.com:8443/api/v3/",
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
    ],
)
def test_github_is_reached_by_a_url_that_secrets_may_go_to(url: str) -> None:
    assert settings.load(FleetSettings, FLEET | {"GITHUB_API_URL": url}).github_api_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.github.com",
        "https://github.com",
        "https://acme.ghe.com",
        "http://localhost.example.com",
        "github.example.com/api/v3",
        "https:///api/v3",
        "https://user:pass@github.example.com/api/v3",
        "https://github.example.com/api/v3?x=1",
        "https://github.example.com:port/api/v3",
        "https://[::1/api/v3",
    ],
)
def test_any_other_url_is_refused_and_told_what_is_allowed(url: str) -> None:
    with pytest.raises(settings.SettingsError, match="GITHUB_API_URL is wrong") as caught:
        settings.load(FleetSettings, FLEET | {"GITHUB_API_URL": url})
    assert repr(url) in str(caught.value)
    assert "https://HOST/api/v3" in str(caught.value)


def test_the_policy_is_what_settings_and_class_sizes_say() -> None:
    fleet = settings.load(
        FleetSettings, FLEET | {"RUNNER_TTL_SECONDS": "60", "GITHUB_ORGANIZATIONS": "acme"}
    )
    parameters = Held({"/fleet/classes": '{"small": {"cpu": 256, "memory": 512}}'})
    read = policy(fleet, parameters)
    assert (read.classes["small"].cpu, read.limits.ttl) == (256, 60)
    assert read.runner_scopes == RunnerScopes(organizations=("acme",))
    parameters.texts["/fleet/classes"] = '{"tiny": {"cpu": 256, "memory": 512}}'
    assert list(policy(fleet, parameters).classes) == ["tiny"]


BUILDS = {
    "IMAGE_BUILD_PROJECT": "fleet-image",
    "IMAGE_REPOSITORY": "123456789012.dkr.ecr.us-east-1.amazonaws.com/fleet",
    "IMAGE_REVISION": "1",
    "DEFAULT_IMAGE": "ubuntu:24.04",
}


def test_image_builds_are_configured_as_a_whole() -> None:
    parameters = Held({"/fleet/classes": '{"small": {"cpu": 256, "memory": 512}}'})
    assert policy(settings.load(FleetSettings, FLEET), parameters).images is None
    more = {"ALLOWED_IMAGES": "debian:*, ubuntu:*", "IMAGE_UNUSED_DAYS": "7"}
    built = policy(settings.load(FleetSettings, FLEET | BUILDS | more), parameters).images
    assert built == Images(
        default_base="ubuntu:24.04",
        allowed=("debian:*", "ubuntu:*"),
        revision="1",
        unused_days=7,
    )


def test_what_image_builds_lack_is_named() -> None:
    lacking = FLEET | {"IMAGE_BUILD_PROJECT": "fleet-image", "IMAGE_REVISION": "1"}
    told = "IMAGE_REPOSITORY, DEFAULT_IMAGE: required with IMAGE_BUILD_PROJECT"
    with pytest.raises(settings.SettingsError, match=told):
        settings.load(FleetSettings, lacking)


class Unused:
    """AWS's clients, which are made and never called."""

    def __getattr__(self, name: str) -> Any:
        return object


@pytest.mark.parametrize("configured", [True, False])
def test_a_fleet_has_a_builder_if_image_builds_are_configured(configured: bool) -> None:
    mine = settings.load(FleetSettings, FLEET | (BUILDS if configured else {}))
    clients: Any = Unused()
    assert (dependencies(mine, Backends(clients=clients)).images is not None) is configured
