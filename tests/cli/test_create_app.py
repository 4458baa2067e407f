"""`ecsrunner github create-app` and `connect`, with a browser that is played, at the stand-in."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cli.commands import create_app
from cli.github_app.store import places_of
from local.github.server import GitHub
from shared.ports import Refused
from tests.cli.github_app.user import User, sitting
from tests.cli.support import CliFleet, answer, parameters, run
from tests.local.github.browser import Browser, Page
from tests.support.fleet import SimulatedFleet
from tests.support.receiver import Receiver, receiving

KEY, SECRET = "/fleet/github-app/private-key", "/fleet/github-app/webhook-secret"
OTHERS = "/fleet/github-app-key", "/fleet/webhook-secret"
"""Parameters that Terraform owns."""


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub(token="a token", seed=1) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def fleet() -> CliFleet:
    return CliFleet(SimulatedFleet(), unset=("WEBHOOK_URL",))


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    with sitting(monkeypatch) as made:
        yield made


@pytest.fixture
def words(github: GitHub) -> tuple[str, ...]:
    at = ("--github-url", github.url)
    optional = ("--with", "statuses", "--without", "actions")
    return ("github", "create-app", "--organization", "octo", *optional, *at)


def test_from_the_command_to_the_stored_secrets(
    fleet: CliFleet, user: User, github: GitHub, receiver: Receiver, words: tuple[str, ...]
) -> None:
    result = run(fleet, *words, "--webhook-url", receiver.url)
    assert result.exit_code == 0
    assert set(fleet.secrets.values) == {KEY, SECRET}
    assert fleet.secrets.values[KEY].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert github.app is not None
    assert github.app.owner == "octo"
    assert github.app.permissions == {
        "metadata": "read",
        "organization_self_hosted_runners": "write",
        "actions": "read",
        "statuses": "write",
    }
    assert f'github_app                       = {{ id = "{github.app.id}" }}' in result.stdout
    assert f'github_app_private_key_parameter = "{KEY}"' in result.stdout
    assert f'webhook_secret_parameter         = "{SECRET}"' in result.stdout
    assert f"{github.app.url}/installations/new" in result.stdout
    assert "ecsrunner github connect" not in result.stdout
    assert f"Its webhook goes to {receiver.url}\n" in result.stdout
    assert "The App is created" in user.done().text
    assert "/installations/new" in user.done().text


def test_no_secret_is_printed(fleet: CliFleet, user: User, words: tuple[str, ...]) -> None:
    result = run(fleet, *words)
    told = result.stdout + result.stderr + user.done().text
    assert fleet.secrets.values[SECRET] not in told
    assert "PRIVATE KEY" not in told


def test_the_webhook_is_signed_with_the_stored_secret(
    fleet: CliFleet, user: User, github: GitHub, receiver: Receiver, words: tuple[str, ...]
) -> None:
    run(fleet, *words, "--webhook-url", receiver.url)
    assert github.hook is not None
    assert github.hook._secret.decode() == fleet.secrets.values[SECRET]
    assert github.hook.settled(20)
    assert len(receiver.came) == 1


def test_as_json(fleet: CliFleet, user: User, github: GitHub, words: tuple[str, ...]) -> None:
    told = answer(fleet, *words, "--prefix", "blue", "--name", "Octo runners")
    assert github.app is not None
    assert told == {
        "app_id": github.app.id,
        "app_name": "Octo runners",
        "app_url": github.app.url,
        "installation_url": f"{github.app.url}/installations/new",
        "webhook_url": None,
        "permissions": {
            "organization_self_hosted_runners": "write",
            "actions": "read",
            "statuses": "write",
        },
        "private_key_parameter": "/blue/github-app/private-key",
        "webhook_secret_parameter": "/blue/github-app/webhook-secret",
    }


def test_the_users_own_account_has_runners_at_repositories_only(
    fleet: CliFleet, user: User, github: GitHub
) -> None:
    at = ("--github-url", github.url, "--without", "statuses", "--without", "actions")
    assert run(fleet, "github", "create-app", *at).exit_code == 0
    assert github.app is not None
    assert github.app.owner == "octocat"
    assert github.app.permissions == {
        "metadata": "read",
        "administration": "write",
        "actions": "read",
    }
    result = run(fleet, "github", "create-app", *at, "--runners-at", "organization")
    assert (result.exit_code, "needs --organization" in result.stderr) == (2, True)


def test_names_of_parameters_and_the_kms_key_are_the_operators(
    fleet: CliFleet, user: User, words: tuple[str, ...]
) -> None:
    names = ("--key-parameter", "/a/key", "--secret-parameter", "b", "--kms-key-id", "alias/a")
    assert run(fleet, *words, *names).exit_code == 0
    assert set(fleet.secrets.values) == {"/a/key", "b"}
    assert fleet.secrets.keys == {"alias/a"}


def test_the_default_names_are_none_that_terraform_owns() -> None:
    places = places_of("fleet", None, None, None, overwrite=False)
    assert not {*places.names} & {*OTHERS}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_app, "_is_terminal", lambda: True)


# --- questions ------------------------------------------------------------------------------------


STATUSES = "It shows with a commit why a job has no runner.\nGrant it? [Y/n]"
ACTIONS = "It runs lost jobs again, and cancels the runs of refused jobs.\nGrant it? [y/N]"


@pytest.mark.parametrize(
    ("name", "question", "levels"),
    [
        ("statuses", STATUSES, {"y\n": "write", "n\n": None, "\n": "write"}),
        ("actions", ACTIONS, {"y\n": "write", "n\n": "read", "\n": "read"}),
    ],
)
@pytest.mark.parametrize("typed", ["y\n", "n\n", "\n"])
def test_an_optional_permission_is_asked_for_with_its_purpose(
    fleet: CliFleet,
    user: User,
    github: GitHub,
    terminal: None,
    *,
    name: str,
    question: str,
    levels: dict[str, str | None],
    typed: str,
) -> None:
    (other,) = {"statuses", "actions"} - {name}
    at = ("--github-url", github.url, "--without", other)
    result = run(fleet, "github", "create-app", *at, typed=typed)
    assert question in result.stderr
    assert github.app is not None
    assert github.app.permissions.get(name) == levels[typed]


def test_both_optional_permissions_are_asked_for(
    fleet: CliFleet, user: User, github: GitHub, terminal: None
) -> None:
    run(fleet, "github", "create-app", "--github-url", github.url, typed="y\ny\n")
    assert github.app is not None
    assert github.app.permissions == {
        "metadata": "read",
        "administration": "write",
        "actions": "write",
        "statuses": "write",
    }


def test_without_a_terminal_the_answer_has_to_be_an_option(fleet: CliFleet) -> None:
    result = run(fleet, "github", "create-app")
    assert result.exit_code == 2
    assert "--with statuses or --without statuses" in result.stderr
    one = run(fleet, "github", "create-app", "--with", "statuses")
    assert (one.exit_code, "--with actions or --without actions" in one.stderr) == (2, True)
    both = run(fleet, "github", "create-app", "--with", "statuses", "--without", "statuses")
    assert (both.exit_code, "by --with and by --without" in both.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--prefix", "Fleet"), "lower-case letters"),
        (("--organization", "a/b"), "letters, digits and '-'"),
        (("--webhook-url", "ftp://x"), "https://HOST/PATH"),
        (("--name", "x" * 35), "1 to 34 characters"),
        (("--key-parameter", "/aws/x"), "not beginning with aws or ssm"),
        (("--key-parameter", "/fleet/github-app-key"), "is Terraform's own"),
        (("--key-parameter", "x", "--secret-parameter", "x"), "x is named for the key and"),
        (("--github-url", "http://github.com"), "https://HOST, without a path"),
        (("--github-url", "https://a@github.com"), "https://HOST, without a path"),
        (("--timeout", "3601"), "3600"),
    ],
)
def test_wrong_arguments_are_explained(fleet: CliFleet, words: tuple[str, ...], told: str) -> None:
    optional = ("--with", "statuses", "--with", "actions")
    result = run(fleet, "github", "create-app", *optional, *words)
    assert (result.exit_code, told in result.stderr) == (2, True)


# --- what goes wrong ------------------------------------------------------------------------------


def test_parameters_that_exist_are_found_before_the_app_is_created(
    fleet: CliFleet, user: User, github: GitHub, words: tuple[str, ...]
) -> None:
    fleet.secrets.values[SECRET] = "in use"
    result = run(fleet, *words)
    assert result.exit_code == 1
    assert f"In use: {SECRET}. No App was created. --overwrite" in result.stderr
    assert github.app is None
    assert run(fleet, *words, "--overwrite").exit_code == 0
    assert fleet.secrets.values[SECRET] != "in use"


def test_a_write_that_fails_is_tried_again(
    fleet: CliFleet, user: User, words: tuple[str, ...], terminal: None
) -> None:
    fleet.secrets.errors = [Refused("SSM: AccessDenied"), Refused("SSM: AccessDenied")]
    result = run(fleet, *words, typed="y\ny\n")
    assert result.exit_code == 0
    assert result.stderr.count(f"Not done: {KEY}: SSM: AccessDenied") == 2
    assert set(fleet.secrets.values) == {KEY, SECRET}


def test_who_gives_up_is_told_what_exists_and_how_to_go_on(
    fleet: CliFleet, user: User, github: GitHub, words: tuple[str, ...]
) -> None:
    fleet.secrets.errors = [Refused("SSM: AccessDenied")]
    result = run(fleet, *words)
    assert (result.exit_code, fleet.secrets.values) == (1, {})
    assert github.app is not None
    slug = github.app.url.rpartition("/")[2]
    assert f"id {github.app.id}, exists, but its private key and the secret" in result.stderr
    assert f"{github.url}/organizations/octo/settings/apps/{slug}" in result.stderr
    assert "Something went wrong" in user.done().text


def test_who_interrupts_a_write_is_told_the_same(
    fleet: CliFleet, user: User, words: tuple[str, ...]
) -> None:
    fleet.secrets.errors = [KeyboardInterrupt()]
    result = run(fleet, *words)
    assert result.exit_code == 1
    assert "exists, but its private key and the secret" in result.stderr


def test_who_interrupts_the_question_is_told_the_same(
    fleet: CliFleet, user: User, words: tuple[str, ...], terminal: None
) -> None:
    fleet.secrets.errors = [Refused("SSM: AccessDenied")]
    result = run(fleet, *words)  # the input ends
    assert result.exit_code == 1
    assert "exists, but its private key and the secret" in result.stderr


def test_a_secret_that_is_not_stored_leaves_the_key_where_it_is(
    fleet: CliFleet, user: User, words: tuple[str, ...]
) -> None:
    fleet.secrets.refused = {SECRET}
    result = run(fleet, *words)
    assert (result.exit_code, set(fleet.secrets.values)) == (1, {KEY})
    assert f"its private key is in {KEY}, but the secret" in result.stderr


def test_who_does_not_confirm_is_told_so(
    fleet: CliFleet, user: User, words: tuple[str, ...]
) -> None:
    user.visit = lambda browser, url: browser.open(url)
    result = run(fleet, *words, "--timeout", "1")
    assert (result.exit_code, fleet.secrets.values) == (1, {})
    assert "GitHub sent nothing within 1 s" in result.stderr


def test_a_code_that_github_does_not_know_creates_nothing(
    fleet: CliFleet, user: User, words: tuple[str, ...]
) -> None:
    def forge(browser: Browser, url: str) -> Page:
        state = browser.open(url).action.partition("state=")[2]
        return browser.open(f"{url}created?code=forged&state={state}")

    user.visit = forge
    result = run(fleet, *words)
    assert (result.exit_code, fleet.secrets.values) == (1, {})
    assert "did not hand over the App: GitHub: 404" in result.stderr
    assert "Something went wrong" in user.done().text


def test_a_port_in_use_is_named(
    fleet: CliFleet, receiver: Receiver, words: tuple[str, ...]
) -> None:
    result = run(fleet, *words, "--port", str(receiver.server_port))
    assert result.exit_code == 1
    assert (
        f"can't be served on port {receiver.server_port}: Address already in use" in result.stderr
    )


# --- connect --------------------------------------------------------------------------------------


def test_connect_gives_the_app_the_url_that_it_lacked(
    fleet: CliFleet, user: User, github: GitHub, receiver: Receiver, words: tuple[str, ...]
) -> None:
    told = run(fleet, *words).stdout
    assert "2. ecsrunner github connect" in told
    assert github.hook is not None
    assert github.hook.url == "https://example.com/ecs-runner-fleet/not-connected"
    assert github.app is not None
    fleet.parameters = parameters(**fleet.secrets.values)
    at = ("--app-id", str(github.app.id), "--key-parameter", KEY)
    at = (*at, "--api-url", f"{github.url}/api/v3", "--webhook-url", receiver.url)
    result = run(fleet, "github", "connect", *at)
    assert result.exit_code == 0
    assert github.hook.url == receiver.url
    assert f"goes to {receiver.url}\n" in result.stdout
    assert f"{github.app.url}/installations/new" in result.stdout
    assert answer(fleet, "github", "connect", *at)["missing_events"] == []
    github.app.events = ()
    assert "not subscribed to workflow_job" in run(fleet, "github", "connect", *at).stderr
    wrong = run(fleet, "github", "connect", *at, "--app-id", "7")
    assert wrong.exit_code == 1
    assert "Integration not found. The App's id is 7" in wrong.stderr


def test_connect_names_all_variables_that_it_lacks() -> None:
    names = ("WEBHOOK_URL", "GITHUB_APP_ID", "GITHUB_APP_KEY_PARAM", "GITHUB_API_URL")
    result = run(CliFleet(SimulatedFleet(), unset=names), "github", "connect", "--app-id", "7")
    assert result.exit_code == 2
    assert "WEBHOOK_URL, GITHUB_APP_KEY_PARAM, GITHUB_API_URL" in result.stderr


def test_what_the_command_needs_is_imported_late() -> None:
    code = "import cli.main, json, sys; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    late = {"jwt", "cli.github_app.page", "http.server", "webbrowser", "shared.adapters.github_api"}
    assert set(json.loads(told)) & late == set()
