"""The URLs of GitHub's pages and of its REST API. Pure.

Sources: GitHub Docs, "Registering a GitHub App from a manifest"; "Modifying a GitHub App
registration"; "Getting started with the REST API" (Enterprise Server, data residency).
"""

from urllib.parse import urlencode, urlsplit

from msgspec import Struct

_HOSTED = ("github.com", ".ghe.com")
_LOOPBACK = ("127.0.0.1", "localhost")


class GitHubServer(Struct, frozen=True):
    """github.com, a host with data residency (`https://NAME.ghe.com`), or an Enterprise Server."""

    url: str

    def __post_init__(self) -> None:
        """Refuse a URL that is not HTTPS, or has more than a host and a port."""
        parts = urlsplit(self.url)
        is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
        is_plain = self.url == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        if not (parts.scheme == "https" or is_local) or not parts.hostname or not is_plain:
            raise ValueError(f"{self.url!r} is not allowed; allowed: https://HOST, without a path")
        if parts.hostname.startswith("api.") and parts.hostname.endswith(_HOSTED):
            pages = self.url.replace("api.", "", 1)
            raise ValueError(f"{self.url!r} is the REST API; allowed: the pages, {pages}")

    @property
    def api_url(self) -> str:
        """Return the URL of the REST API, as terraform/environments.tf does."""
        host = urlsplit(self.url).netloc
        if host == "github.com" or host.endswith(".ghe.com"):
            return f"https://api.{host}"
        return f"{self.url}/api/v3"

    def new_app(self, organization: str | None, state: str) -> str:
        """Return the URL to which a browser sends the manifest."""
        return f"{self._apps(organization)}/new?{urlencode({'state': state})}"

    def settings(self, organization: str | None, slug: str) -> str:
        """Return the URL of an App's settings."""
        return f"{self._apps(organization)}/{slug}"

    def _apps(self, organization: str | None) -> str:
        owner = f"/organizations/{organization}" if organization else ""
        return f"{self.url}{owner}/settings/apps"
