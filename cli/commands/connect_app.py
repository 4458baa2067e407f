"""`ecsrunner github connect`: gives the webhook of the fleet's GitHub App the fleet's URL."""

from typing import TYPE_CHECKING

import click

from cli.commands.options import fleet_of, json_option
from cli.documents.github import ConnectedApp
from cli.errors import AnswerIsNo
from cli.fleet.context import (
    GITHUB_API_URL,
    GITHUB_APP_ID,
    GITHUB_APP_KEY_PARAM,
    WEBHOOK_URL,
    Fleet,
)
from cli.github_app.permissions import EVENTS
from cli.render import as_json as json
from cli.render import console, progress
from shared.ports import NotNow, Refused

if TYPE_CHECKING:
    from cli.github_app.api import Described


@click.command()
@click.option(
    "--webhook-url", metavar="URL", help=f"The fleet's webhook.  [default: {WEBHOOK_URL}]"
)
@click.option("--app-id", metavar="ID", help=f"The App's id.  [default: {GITHUB_APP_ID}]")
@click.option(
    "--key-parameter",
    metavar="NAME",
    help=f"The parameter of its private key.  [default: {GITHUB_APP_KEY_PARAM}]",
)
@click.option("--api-url", metavar="URL", help=f"GitHub's REST API.  [default: {GITHUB_API_URL}]")
@json_option
@click.pass_context
def connect(
    ctx: click.Context,
    *,
    webhook_url: str | None,
    app_id: str | None,
    key_parameter: str | None,
    api_url: str | None,
    as_json: bool,
) -> None:
    """Give the webhook of the GitHub App the fleet's URL.

    Run it after `terraform apply`, when the fleet has its URL, and before you install the App. It
    may be repeated. The App authenticates by its private key, which is read from its parameter.

    Exit code 1 if GitHub refuses. Needs WEBHOOK_URL, GITHUB_API_URL, GITHUB_APP_ID and
    GITHUB_APP_KEY_PARAM, as far as no option is given.
    """
    fleet = fleet_of(ctx)
    given = {
        WEBHOOK_URL: webhook_url,
        GITHUB_APP_ID: app_id,
        GITHUB_APP_KEY_PARAM: key_parameter,
        GITHUB_API_URL: api_url,
    }
    fleet.require(*(name for name, value in given.items() if not value))
    url, number, key, api = (value or fleet.variable(name) for name, value in given.items())
    progress.say("waiting for GitHub")
    app = _connected(fleet, url, number, key, api)
    missing = sorted(set(EVENTS) - set(app.events))
    if as_json:
        json.document(
            ConnectedApp(
                app_id=app.id,
                app_name=app.name,
                installation_url=app.installation_url,
                webhook_url=url,
                missing_events=tuple(missing),
            )
        )
    else:
        console.say(f"The webhook of the GitHub App {app.name} goes to {url}")
        console.say(f"Install the App, unless it is: {app.installation_url}")
    if missing:
        raise AnswerIsNo(
            f"The App is not subscribed to {', '.join(missing)}, so the fleet gets no jobs: "
            "subscribe to it in the App's settings, Permissions & events."
        )


def _connected(fleet: Fleet, url: str, app_id: str, key_param: str, api_url: str) -> "Described":
    """Set the URL, and return the App.

    Raises:
        AnswerIsNo: GitHub refuses.
    """
    from cli.github_app.api import AppApi  # noqa: PLC0415 - the JWT library takes a while
    from shared.adapters.github_api import GitHubApi  # noqa: PLC0415
    from shared.adapters.github_app import AppIdentity  # noqa: PLC0415

    identity = AppIdentity(parameters=fleet.parameters, key_param=key_param, app_id=app_id)
    app = AppApi(GitHubApi(api_url), identity)
    try:
        described = app.describe()
        app.configure_webhook(url=url)
    except (NotNow, Refused) as error:
        raise AnswerIsNo(f"{error}. The App's id is {app_id}, its key in {key_param}.") from error
    return described
