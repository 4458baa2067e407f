"""Creates the `Site` of a run from its options, for a temporary or an existing fleet."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click
from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_client import GitHubClient
from shared.domain.runner_scope import RunnerScopes
from shared.ports import Registrations
from smoke.arguments import Arguments
from smoke.aws import clients, explained
from smoke.patience import Patience
from smoke.site import Site
from smoke.terraform import Terraform, TerraformError
from smoke.webhook import Webhook
from smoke.workspace import Inputs, Workspace


def temporary(options: Arguments) -> Site:
    """Return the site of a new temporary fleet, or of one from an earlier run."""
    secret = secrets.token_hex(32)
    inputs = Inputs(
        region=options.region,
        repository=options.repository,
        token=options.token,
        webhook_secret=secret,
    )
    workspace = Workspace(
        prefix=options.prefix, inputs=inputs, room=options.room, endpoint=options.endpoint
    )
    if options.destroy != workspace.has_state():
        again = f"make smoke DESTROY=1 PREFIX={options.prefix}"
        raise click.UsageError(
            f"there is no state of {options.prefix} in {options.room}"
            if options.destroy
            else f"there is a fleet {options.prefix} already; remove it: {again}"
        )
    click.echo(
        f"fleet {options.prefix} in {options.region}; its state is kept in {workspace.directory}"
    )
    return _site(options, options.prefix, workspace, secret)


def existing(options: Arguments) -> Site:
    """Return the site of an existing fleet."""
    assert options.fleet is not None  # noqa: S101 - the caller has checked it
    terraform = Terraform(directory=options.fleet, log=Path("/dev/null"))
    try:
        outputs = terraform.outputs()["fleet"]
    except (TerraformError, KeyError) as error:
        raise click.UsageError(f"{options.fleet} has no fleet: {error}") from error
    environments = outputs["function_environments"]
    scope = [one for one in environments["ingest"]["GITHUB_SCOPE"].split(",") if "/" in one]
    if options.token is None:
        if not scope:
            raise click.UsageError(
                "the fleet serves an organization; give --repository and --token-file"
            )
        options = replace(options, repository=scope[0])
    prefix = environments["scheduler"]["PREFIX"]
    secret = _parameter(options, environments["ingest"]["WEBHOOK_SECRET_PARAM"])
    click.echo(f"fleet {prefix} in {options.region}, which stays as it is")
    site = _site(options, prefix, None, secret)
    site.github = _github(options, environments["scheduler"])
    site.has_fleet(outputs)
    return site


def _parameter(options: Arguments, name: str) -> str:
    """Return the value of an SSM parameter, decrypted."""
    try:
        found = clients(options.region, options.endpoint)("ssm").get_parameter(
            Name=name, WithDecryption=True
        )
    except (BotoCoreError, ClientError) as error:
        text = f"the webhook's secret can't be read, ssm:GetParameter {name}: {explained(error)}"
        raise click.ClickException(text) from error
    return str(found["Parameter"]["Value"])


def _site(options: Arguments, prefix: str, workspace: Workspace | None, secret: str) -> Site:
    def connect(site: Site) -> Webhook:
        url = site.outputs["webhook_url"]
        if options.webhook_url:
            return Webhook(url=options.webhook_url, secret=secret)
        if options.endpoint:  # it serves all services, by the Host header
            parts = urlsplit(url)
            return Webhook(url=f"{options.endpoint}{parts.path}", secret=secret, host=parts.netloc)
        return Webhook(url=url, secret=secret)

    return Site(
        client=clients(options.region, options.endpoint),
        patience=Patience(click.echo),
        region=options.region,
        prefix=prefix,
        repository=options.repository,
        # Larger than all ids of GitHub, and exact as a JSON number.
        job_id=9 * 10**15 + secrets.randbelow(10**6),
        launches=options.token is not None or workspace is None,
        github=_github(options, {}),
        workspace=workspace,
        connect=connect,
        notes={"keep": "1"} if options.keep else {},
    )


def _github(options: Arguments, environment: Mapping[str, str]) -> Registrations | None:
    """Return the fleet's registrations at GitHub, from the environment of a function."""
    if options.token is None:
        return None
    url = options.github_url or environment.get("GITHUB_API_URL", "https://api.github.com")
    organizations = tuple(filter(None, environment.get("GITHUB_ORGANIZATIONS", "").split(",")))
    scopes = RunnerScopes(
        organizations=organizations, enterprise=environment.get("GITHUB_ENTERPRISE", "")
    )
    client = GitHubClient(api=GitHubApi(url), tokens=_Token(options.token))
    return GitHubRegistrations(client, scopes=scopes)


class _Token:
    """A constant token. See `shared.adapters.github_tokens.Tokens`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def token(self, _repository: str) -> str:
        """Return the token."""
        return self._text

    def forget(self, _repository: str) -> bool:
        """Return False, because there is no other token."""
        return False
