"""Calls to GitHub that create the App and configure its webhook.

Source: GitHub's OpenAPI description of its REST API, "GitHub Apps": `apps/create-from-manifest`,
`apps/get-authenticated`, `apps/update-webhook-config-for-app`.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from msgspec import Struct
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from shared.adapters.github_api import GitHubApi, decode
from shared.adapters.github_app import AppIdentity
from shared.ports import Refused, Unavailable

_TRIES = 3
_WAIT_SECONDS = 0.5
_MISSING = 404


class Described(Struct, frozen=True):
    """An App, as GitHub describes it."""

    id: int
    name: str
    html_url: str
    slug: str = ""
    events: tuple[str, ...] = ()

    @property
    def installation_url(self) -> str:
        """Return the page on which the App is installed."""
        return f"{self.html_url}/installations/new"


class Created(Described, frozen=True, kw_only=True):
    """A new App with its secrets. GitHub hands them over once."""

    pem: str
    webhook_secret: str | None

    def __repr__(self) -> str:
        return f"Created(id={self.id}, …)"


def convert(api: GitHubApi, code: str) -> Created:
    """Return the App that the code stands for. A call that fails for now is repeated.

    Raises:
        Refused: GitHub does not know the code: it is older than an hour or was used.
        Unavailable: GitHub does not answer, or not as expected.
    """
    tries = Retrying(
        stop=stop_after_attempt(_TRIES),
        wait=wait_fixed(_WAIT_SECONDS),
        retry=retry_if_exception_type(Unavailable),
        reraise=True,
    )
    return tries(_convert, api, f"/app-manifests/{quote(code, safe='')}/conversions")


def _convert(api: GitHubApi, path: str) -> Created:
    answer = api.call("POST", path, None)
    if answer.status == _MISSING:
        raise Refused("GitHub: 404, the code is older than an hour, or was used before")
    api.check(answer)
    return decode(answer, Created)


class AppApi:
    """Calls that the App makes for itself, authenticated by its key.

    Args:
        identity: Makes the tokens of the App.
    """

    def __init__(self, api: GitHubApi, identity: AppIdentity) -> None:
        self._api = api
        self._identity = identity

    def describe(self) -> Described:
        """Return the App."""
        answer = self._api.call("GET", "/app", self._identity.token())
        self._api.check(answer)
        return decode(answer, Described)

    def configure_webhook(self, *, url: str | None = None, secret: str | None = None) -> None:
        """Set the URL of the App's webhook, its secret, or both."""
        given = {"url": url, "secret": secret}
        body = {name: value for name, value in given.items() if value} | {"content_type": "json"}
        answer = self._api.call("PATCH", "/app/hook/config", self._identity.token(), body=body)
        self._api.check(answer)


def identity_of(created: Created) -> AppIdentity:
    """Return the identity of an App whose key is not stored yet."""
    parameters = _Key(created.pem)
    return AppIdentity(parameters=parameters, key_param="of the new App", app_id=str(created.id))


class _Key:
    """`Parameters` of one key."""

    def __init__(self, pem: str) -> None:
        self._pem = pem

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        """See `Parameters.values`."""
        return dict.fromkeys(names, self._pem)
