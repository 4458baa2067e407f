"""`ecsrunner github create-app`: creates a GitHub App and stores its secrets.

What serves the page and calls GitHub is imported when it is needed: it takes a while.
"""

import secrets
import sys
from typing import TYPE_CHECKING

import click

from cli.commands import created_app
from cli.commands.options import fleet_of, json_option
from cli.commands.texts import APP_NAME, ORGANIZATION_NAME, PREFIX, WEBHOOK
from cli.errors import AnswerIsNo
from cli.fleet.context import WEBHOOK_URL, Fleet
from cli.github_app.addresses import GitHubServer
from cli.github_app.permissions import OPTIONAL, ORGANIZATION, REPOSITORY, Permission, permissions
from cli.github_app.store import Places, in_use, places_of
from cli.render import console, progress

if TYPE_CHECKING:
    from cli.github_app.api import Created
    from cli.github_app.creation import Wanted

_HOUR = 3600
_PERMISSION = click.Choice([one.name for one in OPTIONAL])


@click.command("create-app")
@click.option(
    "--organization",
    metavar="ORG",
    type=ORGANIZATION_NAME,
    help="The organization that owns the App and the repositories; else your own account.",
)
@click.option(
    "--runners-at",
    type=click.Choice([ORGANIZATION, REPOSITORY]),
    help="Where runners are registered.  [default: the organization, if there is one]",
)
@click.option("--prefix", type=PREFIX, default="fleet", show_default=True, help="The fleet's.")
@click.option("--name", type=APP_NAME, help="The App's name.  [default: made from the prefix]")
@click.option(
    "--webhook-url",
    metavar="URL",
    type=WEBHOOK,
    help=f"The fleet's webhook.  [default: {WEBHOOK_URL}]",
)
@click.option(
    "--with", "granted", multiple=True, type=_PERMISSION, help="Grant an optional permission."
)
@click.option(
    "--without", "denied", multiple=True, type=_PERMISSION, help="Do not grant an optional one."
)
@click.option("--key-parameter", metavar="NAME", help="The parameter of the private key.")
@click.option("--secret-parameter", metavar="NAME", help="The parameter of the webhook's secret.")
@click.option("--kms-key-id", metavar="KEY", help="The fleet's KMS key; else that of the account.")
@click.option("--overwrite", is_flag=True, help="Replace parameters that exist.")
@click.option(
    "--github-url",
    default="https://github.com",
    show_default=True,
    help="github.com, https://NAME.ghe.com or an Enterprise Server.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The page's port.")
@click.option("--browser/--no-browser", default=True, help="Whether to open the page.")
@click.option(
    "--timeout",
    type=click.IntRange(1, _HOUR),
    default=_HOUR,
    show_default=True,
    help="Seconds to wait for GitHub, which itself waits for an hour.",
)
@json_option
@click.pass_context
def create_app(
    ctx: click.Context,
    *,
    organization: str | None,
    runners_at: str | None,
    prefix: str,
    name: str | None,
    webhook_url: str | None,
    granted: tuple[str, ...],
    denied: tuple[str, ...],
    key_parameter: str | None,
    secret_parameter: str | None,
    kms_key_id: str | None,
    overwrite: bool,
    github_url: str,
    port: int,
    browser: bool,
    timeout: int,
    as_json: bool,
) -> None:
    """Create a GitHub App for a fleet, with what the fleet uses and nothing else.

    It shows a page on this machine with one button. GitHub then shows the App, and creates it when
    you confirm. The App's private key and the secret of its webhook go into SSM parameters of the
    type SecureString, and nowhere else; the lines for Terraform are printed. Each optional
    permission is asked for, unless --with or --without answers.

    Before the fleet exists its webhook has no URL. Then the order is: create-app, terraform apply,
    `ecsrunner github connect`, and install the App.

    Exit code 1 if a parameter exists, or the App was not created.
    """
    fleet = fleet_of(ctx)
    url = webhook_url or fleet.variable(WEBHOOK_URL) or None
    if url:
        WEBHOOK.convert(url, None, ctx)
    scope = _scope(ctx, organization, runners_at)
    try:
        server = GitHubServer(github_url.rstrip("/"))
        places = places_of(prefix, key_parameter, secret_parameter, kms_key_id, overwrite=overwrite)
    except ValueError as error:
        raise click.UsageError(f"{error}.", ctx) from error
    _check_answers(ctx, granted, denied)
    _check_free(fleet, places)
    optional = _optional(granted, denied)
    from cli.github_app import creation, manifest  # noqa: PLC0415 - see the module

    wanted = creation.Wanted(
        server=server,
        organization=organization,
        name=name or manifest.name_of(prefix, secrets.token_hex(2)),
        webhook_url=url,
        permissions=tuple(permissions(scope, optional)),
        places=places,
    )
    created = _created(fleet, wanted, port=port, timeout=timeout, browser=browser)
    created_app.show(created, wanted, as_json=as_json)


def _scope(ctx: click.Context, organization: str | None, asked: str | None) -> str:
    """Return where runners are registered. A user's own account has no runners of its own."""
    if asked == ORGANIZATION and organization is None:
        raise click.UsageError("--runners-at organization needs --organization.", ctx)
    return asked or (ORGANIZATION if organization else REPOSITORY)


def _check_answers(ctx: click.Context, granted: tuple[str, ...], denied: tuple[str, ...]) -> None:
    """Check that each optional permission is granted, denied, or can be asked for."""
    both = sorted({*granted} & {*denied})
    if both:
        raise click.UsageError(f"{', '.join(both)} is given by --with and by --without.", ctx)
    for one in OPTIONAL:
        if one.name not in (*granted, *denied) and not _is_terminal():
            raise click.UsageError(
                f"Without a terminal the optional permission {one.name} needs an answer: "
                f"--with {one.name} or --without {one.name}.",
                ctx,
            )


def _optional(granted: tuple[str, ...], denied: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the optional permissions that are granted; ask for the others."""
    asked = [one for one in OPTIONAL if one.name not in (*granted, *denied)]
    return frozenset(granted) | {one.name for one in asked if _is_granted(one)}


def _is_granted(permission: Permission) -> bool:
    console.note(f"Optional: {permission.title}, {permission.access}. It {permission.purpose}.")
    with progress.aside():
        return click.confirm("Grant it?", default=permission.is_default, err=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _check_free(fleet: Fleet, places: Places) -> None:
    """Check before the App exists that its secrets can be stored.

    Raises:
        AnswerIsNo: A parameter exists.
    """
    used = in_use(fleet.secrets, places)
    if used:
        raise AnswerIsNo(
            f"In use: {' and '.join(used)}. No App was created. --overwrite replaces what a "
            "parameter holds; --prefix, --key-parameter and --secret-parameter name others."
        )


def _created(
    fleet: Fleet, wanted: "Wanted", *, port: int, timeout: int, browser: bool
) -> "Created":
    """Return the App.

    Raises:
        AnswerIsNo: It was not created, or its secrets were not stored.
    """
    from cli.github_app import creation  # noqa: PLC0415 - see the module
    from shared.adapters.github_api import GitHubApi  # noqa: PLC0415

    def again(step: str, error: Exception) -> bool:
        console.note(f"Not done: {step}: {created_app.reason(error)}")
        if not _is_terminal():
            return False
        try:
            with progress.aside():
                return click.confirm("Correct the cause. Try again?", default=True, err=True)
        except click.Abort:  # Ctrl-C: what exists must still be printed
            return False

    try:
        return creation.create(
            wanted,
            api=GitHubApi(wanted.server.api_url),
            store=fleet.secrets,
            port=port,
            timeout=timeout,
            announce=lambda url: created_app.announce(url, browser=browser),
            again=again,
        )
    except creation.NoPage as error:
        raise AnswerIsNo(f"The page can't be served on port {port}: {error}.") from error
    except creation.NothingCame as error:
        raise AnswerIsNo(created_app.nothing_came(wanted, timeout)) from error
    except creation.NotCreated as error:
        raise AnswerIsNo(created_app.not_created(wanted, str(error))) from error
    except creation.Incomplete as error:
        raise AnswerIsNo(created_app.incomplete(wanted, error.app, error.step)) from error
