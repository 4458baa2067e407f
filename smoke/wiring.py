"""The site of a run, by its arguments: of a temporary fleet, or of one that is there."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click
from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi
from shared.ports import Registrations
from smoke.arguments import Arguments
from smoke.aws import clients, explained
from smoke.patience import Patience
from smoke.site import Site
from smoke.terraform import Terraform, TerraformError
from smoke.webhook import Webhook
from smoke.workspace import Inputs, Workspace


def temporary(asked: Arguments) -> Site:
    """A site of a fleet that is to be made, or of one that an earlier run has left."""
    secret = secrets.token_hex(32)
    inputs = Inputs(
        region=asked.region,
        repository=asked.repository,
        token=asked.token,
        webhook_secret=secret,
    )
    workspace = Workspace(
        prefix=asked.prefix, inputs=inputs, room=asked.room, endpoint=asked.endpoint
    )
    if asked.destroy != workspace.has_state():
        again = f"make smoke DESTROY=1 PREFIX={asked.prefix}"
        raise click.UsageError(
            f"there is no state of {asked.prefix} in {asked.room}"
            if asked.destroy
            else f"there is a fleet {asked.prefix} already; remove it: {again}"
        )
    click.echo(
        f"fleet {asked.prefix} in {asked.region}; its state is kept in {workspace.directory}"
    )
    return _site(asked, asked.prefix, workspace, secret)


def existing(asked: Arguments) -> Site:
    """A site of a fleet that is there."""
    assert asked.fleet is not None  # noqa: S101 - the caller has seen it
    terraform = Terraform(directory=asked.fleet, log=Path("/dev/null"))
    try:
        outputs = terraform.outputs()["fleet"]
    except (TerraformError, KeyError) as error:
        raise click.UsageError(f"{asked.fleet} has no fleet: {error}") from error
    told = outputs["function_environments"]
    scope = [one for one in told["ingest"]["GITHUB_SCOPE"].split(",") if "/" in one]
    if asked.token is None:
        if not scope:
            raise click.UsageError(
                "the fleet serves an organization; give --repository and --token-file"
            )
        asked = replace(asked, repository=scope[0])
    prefix = told["scheduler"]["PREFIX"]
    secret = _parameter(asked, told["ingest"]["WEBHOOK_SECRET_PARAM"])
    click.echo(f"fleet {prefix} in {asked.region}, which stays as it is")
    site = _site(asked, prefix, None, secret)
    site.github = _github(asked, told["scheduler"])
    site.has_fleet(outputs)
    return site


def _parameter(asked: Arguments, name: str) -> str:
    """The value of an SSM parameter, which may be a secret."""
    try:
        found = clients(asked.region, asked.endpoint)("ssm").get_parameter(
            Name=name, WithDecryption=True
        )
    except (BotoCoreError, ClientError) as error:
        text = f"the webhook's secret can't be read, ssm:GetParameter {name}: {explained(error)}"
        raise click.ClickException(text) from error
    return str(found["Parameter"]["Value"])


def _site(asked: Arguments, prefix: str, workspace: Workspace | None, secret: str) -> Site:
    def connect(site: Site) -> Webhook:
        url = site.outputs["webhook_url"]
        if asked.webhook_url:
            return Webhook(url=asked.webhook_url, secret=secret)
        if asked.endpoint:  # it answers for every service, by the name that is asked for
            parts = urlsplit(url)
            return Webhook(url=f"{asked.endpoint}{parts.path}", secret=secret, host=parts.netloc)
        return Webhook(url=url, secret=secret)

    return Site(
        client=clients(asked.region, asked.endpoint),
        patience=Patience(click.echo),
        region=asked.region,
        prefix=prefix,
        repository=asked.repository,
        # Above all that GitHub has, and exact as a number of JSON.
        job_id=9 * 10**15 + secrets.randbelow(10**6),
        launches=asked.token is not None or workspace is None,
        github=_github(asked, {}),
        workspace=workspace,
        connect=connect,
        notes={"keep": "1"} if asked.keep else {},
    )


def _github(asked: Arguments, environment: Mapping[str, str]) -> Registrations | None:
    """Registrations where the fleet has them, by the environment of a function."""
    if asked.token is None:
        return None
    url = asked.github_url or environment.get("GITHUB_API_URL", "https://api.github.com")
    organization = environment.get("GITHUB_ORGANIZATION") or None
    return GitHubRegistrations(
        api=GitHubApi(url), tokens=_Token(asked.token), organization=organization
    )


class _Token:
    """The one token. See `shared.adapters.github_tokens.Tokens`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def token(self, _repository: str) -> str:
        """It."""
        return self._text

    def forget(self, _repository: str) -> bool:
        """There is no other."""
        return False
