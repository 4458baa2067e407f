"""Creates the App: offers the page, exchanges the code, stores the secrets. Prints nothing."""

import secrets
from collections.abc import Callable
from functools import partial

from msgspec import Struct

from cli.fleet.secrets import Secrets
from cli.github_app import html
from cli.github_app.addresses import GitHubServer
from cli.github_app.api import AppApi, Created, convert, identity_of
from cli.github_app.html import Message
from cli.github_app.manifest import manifest
from cli.github_app.page import LocalPage
from cli.github_app.permissions import Permission
from cli.github_app.store import Again, NotFinished, Places, attempt, write
from shared.adapters.github_api import GitHubApi
from shared.ports import Refused, Unavailable

_CONNECT_LATER = "set by ecsrunner github connect, when the fleet has its URL"


class Wanted(Struct, frozen=True, kw_only=True):
    """The App to create.

    Attributes:
        organization: The organization that is to own it; None for the user's own account.
        webhook_url: Where GitHub sends webhooks; None if that is not known yet.
    """

    server: GitHubServer
    organization: str | None
    name: str
    webhook_url: str | None
    permissions: tuple[Permission, ...]
    places: Places


class NoPage(Exception):
    """The page can't be served on that port."""


class NothingCame(Exception):
    """GitHub sent no code in time."""


class NotCreated(Exception):
    """GitHub did not hand over the App of a code."""


class Incomplete(Exception):
    """The App exists at GitHub, but not everything that belongs to it was done."""

    def __init__(self, app: Created, step: str) -> None:
        super().__init__(step)
        self.app = app
        self.step = step


def create(
    wanted: Wanted,
    *,
    api: GitHubApi,
    store: Secrets,
    port: int,
    timeout: float,
    announce: Callable[[str], None],
    again: Again,
) -> Created:
    """Return the App that the user has created in a browser, its secrets stored.

    Args:
        announce: Gets the URL of the page.
        again: See `store.Again`.

    Raises:
        NoPage, NothingCame, NotCreated, Incomplete.
    """
    with _page(port) as page:
        page.offer(_form(wanted, page))
        announce(page.url)
        code = page.wait(timeout)
        if code is None:
            raise NothingCame
        try:
            created = _handed_over(wanted, api, store, code, again)
        except BaseException:
            page.finish(_failed())
            raise
        page.finish(_succeeded(wanted, created))
        return created


def _page(port: int) -> LocalPage:
    try:
        return LocalPage(port)
    except OSError as error:
        raise NoPage(error.strerror or type(error).__name__) from error


def _form(wanted: Wanted, page: LocalPage) -> str:
    return html.form(
        target=wanted.server.new_app(wanted.organization, page.state),
        manifest=manifest(
            name=wanted.name,
            webhook_url=wanted.webhook_url,
            redirect_url=page.redirect_url,
            permissions=wanted.permissions,
        ),
        owner=wanted.organization or "your own account",
        permissions=wanted.permissions,
        webhook=wanted.webhook_url or _CONNECT_LATER,
        parameters=wanted.places.names,
    )


def _handed_over(
    wanted: Wanted, api: GitHubApi, store: Secrets, code: str, again: Again
) -> Created:
    try:
        created = convert(api, code)
    except (Refused, Unavailable) as error:
        raise NotCreated(str(error)) from error
    try:
        _keep(created, wanted.places, api, store, again)
    except NotFinished as error:
        raise Incomplete(created, error.step) from error
    return created


def _keep(created: Created, places: Places, api: GitHubApi, store: Secrets, again: Again) -> None:
    """Store the key and the webhook's secret, which is a new one if GitHub has made none."""
    secret = created.webhook_secret or secrets.token_urlsafe(32)
    put = partial(write, store, places)
    key, hook = "Private key of the GitHub App", "Webhook secret of the GitHub App"
    attempt(places.key, lambda: put(places.key, created.pem, f"{key} {created.slug}"), again)
    attempt(
        places.webhook_secret,
        lambda: put(places.webhook_secret, secret, f"{hook} {created.slug}"),
        again,
    )
    if not created.webhook_secret:
        app = AppApi(api, identity_of(created))
        attempt("webhook secret at GitHub", lambda: app.configure_webhook(secret=secret), again)


def _succeeded(wanted: Wanted, created: Created) -> Message:
    done = f"The GitHub App {created.name} exists, and its secrets are stored."
    if wanted.webhook_url is None:
        return Message("The App is created", [done, "The terminal shows what to do next."])
    install = (created.installation_url, "Install the App")
    return Message("The App is created", [done, "One step is left at GitHub:"], install)


def _failed() -> Message:
    return Message("Something went wrong", ["The terminal shows what happened and what to do."])
