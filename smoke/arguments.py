"""Validates the arguments of a run."""

import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import click

from shared.domain.names import check_prefix
from smoke.catalogue import CHECKS
from smoke.workspace import earlier

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_TOKEN = re.compile(r"[!-~]+")
_LONGEST_PREFIX = 20
_TOKEN_VARIABLE, _REPOSITORY_VARIABLE = "TF_VAR_github_pat", "TF_VAR_github_repo"
"""Terraform's environment variables of the minimal example."""
NOBODY = "example/none"
"""Repository name of a run without GitHub."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Validated arguments. See `python -m smoke --help`."""

    region: str
    prefix: str
    repository: str
    token: str | None = field(repr=False)
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


def github(repository: str | None, token_file: Path | None) -> tuple[str, str | None]:
    """Return repository and token, or neither.

    Raises:
        click.UsageError: Only one is given, or one is invalid.
    """
    token = os.environ.get(_TOKEN_VARIABLE)
    if token_file is not None:
        try:
            token = token_file.read_text().strip()
        except OSError as error:
            raise click.UsageError(f"token file {token_file}: {error.strerror}") from error
        if not _TOKEN.fullmatch(token):
            raise click.UsageError(f"token file {token_file} holds no token on one line")
    repository = repository or os.environ.get(_REPOSITORY_VARIABLE)
    if repository and not _REPOSITORY.fullmatch(repository):
        raise click.UsageError(f"repository {repository!r} is not valid; allowed: OWNER/NAME")
    if repository and not token:
        raise click.UsageError(f"REPOSITORY needs TOKEN_FILE (or {_TOKEN_VARIABLE})")
    if token and not repository:
        raise click.UsageError(f"a token needs REPOSITORY=OWNER/NAME (or {_REPOSITORY_VARIABLE})")
    return repository or NOBODY, token


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
