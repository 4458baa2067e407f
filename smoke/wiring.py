"""Creates the `Site` of a run from its options, for a temporary or an existing fleet."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click
from botocore.exceptions import BotoCoreError, ClientError

from shared.ports import Registrations
from shared.wiring.backends import REAL
from shared.wiring.github import GitHubSettings, github_client, registrations
from smoke.arguments import Arguments
from smoke.aws import clients, explained
from smoke.credential import Credential, Held
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
        credential=options.credential,
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
    return _site(options, options.prefix, workspace, secret, _github(options, {}))


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
    if options.credential is None:
        if not scope:
            raise click.UsageError(
                "the fleet serves an organization; give --repository, and --token-file or "
                "--app-id and --app-key-file"
            )
        options = replace(options, repository=scope[0])
    prefix = environments["scheduler"]["PREFIX"]
    github = _github(options, environments["scheduler"])
    secret = _parameter(options, environments["ingest"]["WEBHOOK_SECRET_PARAM"])
    click.echo(f"fleet {prefix} in {options.region}, which stays as it is")
    site = _site(options, prefix, None, secret, github)
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


def _site(
    options: Arguments,
    prefix: str,
    workspace: Workspace | None,
    secret: str,
    github: Registrations | None,
) -> Site:
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
        launches=options.credential is not None or workspace is None,
        github=github,
        workspace=workspace,
        connect=connect,
        notes={"keep": "1"} if options.keep else {},
    )


def _github(options: Arguments, environment: Mapping[str, str]) -> Registrations | None:
    """Return the registrations at GitHub by the run's credential, or None without one.

    Args:
        environment: That of a function of the fleet, by which it has the fleet's scopes.
    """
    if options.credential is None:
        return None
    try:
        settings = _settings(options.credential, options.github_url, environment)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    (credential,) = settings.credentials()
    client = github_client(settings, credential, Held(options.credential), REAL, _ignore)
    return registrations(settings, client)


def _settings(
    credential: Credential, url: str | None, environment: Mapping[str, str]
) -> GitHubSettings:
    """Return the settings of the run's client.

    Raises:
        ValueError: The URL is wrong, or an App can't register runners at the fleet's scope.
    """
    organizations = tuple(filter(None, environment.get("GITHUB_ORGANIZATIONS", "").split(",")))
    reference = credential.reference
    return GitHubSettings(
        github_api_url=url or environment.get("GITHUB_API_URL", "https://api.github.com"),
        github_token_param=reference.token_param,
        github_app_id=reference.app_id,
        github_app_key_param=reference.app_key_param,
        github_organizations=organizations,
        github_enterprise=environment.get("GITHUB_ENTERPRISE", ""),
    )


def _ignore(_resource: str, _remaining: int) -> None:
    """Ignore the rate limit: a run makes few calls."""
