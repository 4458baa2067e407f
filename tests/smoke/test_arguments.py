"""Wrong arguments are answered before anything is made, and say what is allowed."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from smoke.__main__ import main


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("TF_VAR_github_pat", "TF_VAR_github_repo"):
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
        (["--repository", "acme/shop"], "REPOSITORY needs TOKEN_FILE"),
        (["--token-file", "/nowhere"], "token file /nowhere: No such file or directory"),
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
    assert "a token needs REPOSITORY=OWNER/NAME" in found.output
    file.write_text("two words\n")
    found = CliRunner().invoke(main, ["--region", "eu-central-1", "--token-file", str(file)])
    assert "holds no token on one line" in " ".join(found.output.split())
    assert "two words" not in found.output


def test_a_folder_without_a_fleet_is_refused(tmp_path: Path) -> None:
    words = ["--region", "eu-central-1", "--fleet", str(tmp_path)]
    found = CliRunner().invoke(main, words)
    assert found.exit_code == 2
    assert "has no fleet" in found.output
