"""Validates the arguments of a run."""

import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import click
import msgspec

from shared.adapters.github_app import KEY_FORMAT, private_key
from shared.domain.names import check_prefix
from smoke.catalogue import CHECKS
from smoke.credential import App, Credential, Token
from smoke.workspace import earlier

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_TOKEN = re.compile(r"[!-~]+")
_APP_ID = re.compile(r"[A-Za-z0-9]+([.][A-Za-z0-9]+)*")
"""As `github_app` of terraform/variables.tf allows."""
_LONGEST_PREFIX = 20
_TOKEN_VARIABLE, _REPOSITORY_VARIABLE = "TF_VAR_github_pat", "TF_VAR_github_repo"
_APP_VARIABLE, _KEY_VARIABLE = "TF_VAR_github_app", "TF_VAR_github_app_private_key"
"""Terraform's environment variables of the minimal example."""
_ALLOWED = (
    f"TOKEN_FILE (or {_TOKEN_VARIABLE}), or APP_ID and APP_KEY_FILE (or {_APP_VARIABLE} and "
    f"{_KEY_VARIABLE})"
)
"""The credentials of a run, for error messages."""
NOBODY = "example/none"
"""Repository name of a run without GitHub."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Validated arguments. See `python -m smoke --help`."""

    region: str
    prefix: str
    repository: str
    credential: Credential | None
    room: Path
    keep: bool = False
    destroy: bool = False
    fleet: Path | None = None
    endpoint: str | None = None
    webhook_url: str | None = None
    github_url: str | None = None
    only: frozenset[str] = frozenset()
    skip: dict[str, str] = field(default_factory=dict)


def region(given: str | None, prefix: str | None, room: Path) -> str:
    """Return the given region, that of an earlier run with the prefix, or that of the AWS profile.

    Raises:
        click.UsageError: No region is set, or it is invalid.
    """
    before = earlier(prefix, room).get("region") if prefix else None
    found = given or before or os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not found:
        raise click.UsageError("no region; set REGION=eu-central-1, or AWS_REGION")
    if not _REGION.fullmatch(found):
        raise click.UsageError(f"region {found!r} is not valid; allowed: such as eu-central-1")
    if given and before and given != before:
        raise click.UsageError(f"the fleet {prefix} is in {before}, not in {given}")
    return found


def prefix(given: str | None) -> str:
    """Return the given prefix, or a random one.

    Raises:
        click.UsageError: The prefix is invalid in names of resources.
    """
    if given is None:
        return f"smoke-{secrets.token_hex(2)}"
    try:
        check_prefix(given)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if len(given) > _LONGEST_PREFIX:
        raise click.UsageError(f"prefix {given!r} is too long; allowed: {_LONGEST_PREFIX} letters")
    return given


def github(
    repository: str | None,
    token_file: Path | None,
    app_id: str | None,
    app_key_file: Path | None,
) -> tuple[str, Credential | None]:
    """Return repository and credential, or `NOBODY` and None.

    Raises:
        click.UsageError: Only one is given, or one is invalid.
    """
    credential = _credential(token_file, app_id, app_key_file)
    repository = repository or os.environ.get(_REPOSITORY_VARIABLE)
    if repository and not _REPOSITORY.fullmatch(repository):
        raise click.UsageError(f"repository {repository!r} is not valid; allowed: OWNER/NAME")
    if repository and credential is None:
        raise click.UsageError(f"REPOSITORY needs {_ALLOWED}")
    if credential and not repository:
        raise click.UsageError(
            f"a token or an App needs REPOSITORY=OWNER/NAME (or {_REPOSITORY_VARIABLE})"
        )
    return repository or NOBODY, credential


def _credential(
    token_file: Path | None, app_id: str | None, app_key_file: Path | None
) -> Credential | None:
    """Return the credential of the options, or else that of the environment, if there is one."""
    has_token = token_file is not None
    has_app = app_id is not None or app_key_file is not None
    if not has_token and not has_app:
        has_token = bool(os.environ.get(_TOKEN_VARIABLE))
        has_app = bool(os.environ.get(_APP_VARIABLE) or os.environ.get(_KEY_VARIABLE))
    if has_token and has_app:
        raise click.UsageError(f"a token and an App are given; allowed: either {_ALLOWED}")
    if has_token:
        return _token(token_file)
    return _app(app_id, app_key_file) if has_app else None


def _token(file: Path | None) -> Token:
    source, text = _secret("token file", file, _TOKEN_VARIABLE)
    if not _TOKEN.fullmatch(text):
        raise click.UsageError(f"{source} holds no token on one line")
    return Token(secret=text)


def _app(given: str | None, file: Path | None) -> App:
    """Return the App. What no option gives is read from the environment."""
    app_id = _app_id() if given is None else given
    if app_id is None:
        raise click.UsageError(f"an App's key needs APP_ID (or {_APP_VARIABLE})")
    if not _APP_ID.fullmatch(app_id):
        raise click.UsageError(
            f"App id {app_id!r} is not valid; allowed: the App's id or client id, letters and "
            "digits"
        )
    if file is None and not os.environ.get(_KEY_VARIABLE):
        raise click.UsageError(f"an App needs APP_KEY_FILE (or {_KEY_VARIABLE})")
    source, text = _secret("App key file", file, _KEY_VARIABLE)
    if private_key(text) is None:
        raise click.UsageError(f"{source} holds no private key; allowed: {KEY_FORMAT}")
    return App(id=app_id, secret=text)


def _app_id() -> str | None:
    """Return the id in Terraform's variable; None if that is not set."""
    text = os.environ.get(_APP_VARIABLE)
    if not text:
        return None
    try:
        return str(msgspec.json.decode(text, type=_AppVariable).id)
    except msgspec.DecodeError as error:
        raise click.UsageError(
            f'{_APP_VARIABLE} is not valid; allowed: JSON such as {{"id": "123456"}}'
        ) from error


class _AppVariable(msgspec.Struct):
    id: str | int


def _secret(what: str, file: Path | None, variable: str) -> tuple[str, str]:
    """Return the source of a secret, for messages, and its text without surrounding space."""
    if file is None:
        return variable, os.environ.get(variable, "").strip()
    try:
        # What is not text gets characters that no secret has.
        return f"{what} {file}", file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise click.UsageError(f"{what} {file}: {error.strerror}") from error


def checks(
    names: tuple[str, ...], skipped: tuple[str, ...]
) -> tuple[frozenset[str], dict[str, str]]:
    """Return the names of the checks to run, and the reasons of those to skip.

    Raises:
        click.UsageError: A check does not exist, or a reason is missing.
    """
    reasons = {}
    for one in skipped:
        name, _, reason = one.partition("=")
        if not reason:
            raise click.UsageError(f"--skip {one!r} has no reason; allowed: NAME=REASON")
        reasons[name] = reason
    known = [one.name for one in CHECKS]
    for name in (*names, *reasons):
        if name not in known:
            raise click.UsageError(f"there is no check {name!r}; allowed: {', '.join(known)}")
    return frozenset(names), reasons
