"""Wrong arguments are answered before anything is made, and say what is allowed."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from smoke import arguments
from smoke.__main__ import main
from smoke.credential import App, Token
from tests.support.tokens import private_pem, public_pem

PAT, REPOSITORY = "TF_VAR_github_pat", "TF_VAR_github_repo"
OF_APP, KEY = "TF_VAR_github_app", "TF_VAR_github_app_private_key"


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in (PAT, REPOSITORY, OF_APP, KEY):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ([], "no region; set REGION=eu-central-1, or AWS_REGION"),
        (["--region", "Frankfurt"], "region 'Frankfurt' is not valid; allowed: such as"),
        (["--prefix", "Smoke"], "prefix 'Smoke' is not valid; allowed: lower-case letters"),
        (["--prefix", "s" * 21], "is too long; allowed: 20 letters"),
        (["--repository", "acme"], "repository 'acme' is not valid; allowed: OWNER/NAME"),
        (["--repository", "acme/shop"], "REPOSITORY needs TOKEN_FILE (or TF_VAR_github_pat), or"),
        (["--token-file", "/nowhere"], "token file /nowhere: No such file or directory"),
        (["--app-id", "7", "--app-key-file", "/nowhere"], "App key file /nowhere: No such file"),
        (["--app-id", "7"], "an App needs APP_KEY_FILE (or TF_VAR_github_app_private_key)"),
        (["--app-key-file", "/nowhere"], "an App's key needs APP_ID (or TF_VAR_github_app)"),
        (["--app-id", "my-app"], "App id 'my-app' is not valid; allowed: the App's id or client"),
        (["--app-id", ""], "App id '' is not valid"),
        (
            ["--token-file", "/nowhere", "--app-id", "7"],
            "a token and an App are given; allowed: either TOKEN_FILE (or TF_VAR_github_pat), or",
        ),
        (["--destroy"], "--destroy needs --prefix"),
        (["--destroy", "--prefix", "smoke-none"], "there is no state of smoke-none"),
        (["--only", "weather"], "there is no check 'weather'; allowed: terraform, "),
        (["--skip", "image"], "--skip 'image' has no reason; allowed: NAME=REASON"),
        (["--skip", "weather=rain"], "there is no check 'weather'"),
    ],
)
def test_a_wrong_argument_says_what_is_allowed(words: list[str], answer: str) -> None:
    region = [] if "region" in answer else ["--region", "eu-central-1"]
    found = CliRunner().invoke(main, [*region, *words])
    assert found.exit_code == 2
    assert answer in " ".join(found.output.split())


def test_a_token_needs_a_repository_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("tok3n\n")
    found = CliRunner().invoke(main, ["--region", "eu-central-1", "--token-file", str(file)])
    assert found.exit_code == 2
    assert "a token or an App needs REPOSITORY=OWNER/NAME" in found.output
    file.write_text("two words\n")
    found = CliRunner().invoke(main, ["--region", "eu-central-1", "--token-file", str(file)])
    assert "holds no token on one line" in " ".join(found.output.split())
    assert "two words" not in found.output


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key.pem"
    file.write_text(f"{private_pem()}\n")
    return file


def test_an_app_needs_a_repository(key_file: Path) -> None:
    words = ["--region", "eu-central-1", "--app-id", "7", "--app-key-file", str(key_file)]
    found = CliRunner().invoke(main, words)
    assert found.exit_code == 2
    assert "a token or an App needs REPOSITORY=OWNER/NAME" in found.output


@pytest.mark.parametrize(
    "content",
    [b"", b"hunter2", public_pem().encode(), private_pem()[:900].encode(), b"0\x82\x04\xa4\xff"],
    ids=["empty", "a word", "a public key", "cut off", "not text"],
)
def test_a_file_without_a_private_key_is_refused_and_not_shown(
    key_file: Path, content: bytes
) -> None:
    key_file.write_bytes(content)
    words = ["--region", "eu-central-1", "--app-id", "7", "--app-key-file", str(key_file)]
    found = CliRunner().invoke(main, words)
    assert found.exit_code == 2
    printed = " ".join(found.output.split())
    assert (
        "holds no private key; allowed: an RSA private key in PEM without a passphrase" in printed
    )
    assert "App key file" in printed
    for line in content.decode(errors="replace").splitlines():
        assert line not in found.output


@pytest.mark.parametrize("app_id", ["123456", "Iv23liABCdef", "lv1.0123456789abcdef"])
def test_an_app_is_its_id_and_its_key_which_no_repr_has(key_file: Path, app_id: str) -> None:
    repository, app = arguments.github("acme/shop", None, app_id, key_file)
    assert (repository, app) == ("acme/shop", App(id=app_id, secret=private_pem().strip()))
    assert not [line for line in private_pem().splitlines() if line in repr(app)]


@pytest.mark.parametrize("app_id", ['{"id": "7"}', '{"id": 7, "installation_id": 42}'])
def test_terraforms_own_variables_of_an_app_are_read(
    monkeypatch: pytest.MonkeyPatch, app_id: str
) -> None:
    monkeypatch.setenv(REPOSITORY, "acme/shop")
    monkeypatch.setenv(OF_APP, app_id)
    monkeypatch.setenv(KEY, private_pem())
    _, app = arguments.github(None, None, None, None)
    assert app == App(id="7", secret=private_pem().strip())


def test_options_go_before_variables_of_another_credential(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key_file: Path
) -> None:
    (tmp_path / "token").write_text("tok3n")
    for name in (OF_APP, KEY):
        monkeypatch.setenv(name, "of another fleet")
    _, token = arguments.github("acme/shop", tmp_path / "token", None, None)
    assert token == Token(secret="tok3n")
    monkeypatch.setenv(PAT, "another")
    _, app = arguments.github("acme/shop", None, "7", key_file)
    assert isinstance(app, App)


@pytest.mark.parametrize(
    ("variables", "answer"),
    [
        ({OF_APP: "7"}, f"{OF_APP} is not valid; allowed: JSON such as"),
        ({OF_APP: '{"id": "7"}'}, f"an App needs APP_KEY_FILE (or {KEY})"),
        ({KEY: "hunter2"}, f"an App's key needs APP_ID (or {OF_APP})"),
        ({OF_APP: '{"id": "7"}', KEY: "hunter2"}, f"{KEY} holds no private key; allowed: an RSA"),
        ({OF_APP: '{"id": "7"}', PAT: "tok3n"}, "a token and an App are given; allowed: either"),
        ({PAT: "two words"}, f"{PAT} holds no token on one line"),
    ],
)
def test_a_wrong_variable_says_what_is_allowed_and_not_what_it_is(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], answer: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = CliRunner().invoke(main, ["--region", "eu-central-1", "--repository", "acme/shop"])
    assert found.exit_code == 2
    printed = " ".join(found.output.split())
    assert answer in printed
    assert not [secret for secret in ("hunter2", "tok3n", "two words") if secret in printed]


def test_a_folder_without_a_fleet_is_refused(tmp_path: Path) -> None:
    words = ["--region", "eu-central-1", "--fleet", str(tmp_path)]
    found = CliRunner().invoke(main, words)
    assert found.exit_code == 2
    assert "has no fleet" in found.output
