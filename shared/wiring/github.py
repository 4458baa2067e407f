"""Wires the access to GitHub: the API's URL, and a token or a GitHub App as credentials."""

from collections.abc import Callable, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_client import GitHubClient
from shared.adapters.github_deliveries import GitHubDeliveries
from shared.adapters.github_tokens import PersonalToken, Tokens
from shared.domain.runner_scope import GroupRule, check_scopes
from shared.domain.slot.rate_limit import LAUNCHES_PER_MINUTE
from shared.ports import Deliveries, Parameters, Registrations
from shared.rule_settings import RuleSettings
from shared.wiring.backends import Backends
from shared.wiring.credentials import Credential, all_credentials

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class GitHubSettings(RuleSettings, frozen=True, kw_only=True):
    """The API's URL, the credentials and, of `RuleSettings`, what they are used for.

    Fields that end with `_param` name an SSM parameter. `github_additional_credentials` is a JSON
    list: see `shared.wiring.credentials`.
    """

    github_api_url: str = "https://api.github.com"
    github_token_param: str = ""
    github_app_id: str = ""
    github_app_key_param: str = ""
    github_app_installation_id: Annotated[int, Meta(ge=1)] | None = None
    github_additional_credentials: str = ""
    github_launches_per_minute: Annotated[int, Meta(ge=1)] = LAUNCHES_PER_MINUTE
    runner_groups: tuple[GroupRule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unsafe URL, and missing, partial or conflicting credentials."""
        if not _is_api(self.github_api_url):
            raise ValueError(
                f"GITHUB_API_URL is wrong; it is {self.github_api_url!r}; allowed: "
                "https://api.github.com, https://api.SUBDOMAIN.ghe.com with data residency, or "
                "https://HOST/api/v3 of an Enterprise Server (http:// only on this machine's "
                "loopback)"
            )
        check_scopes(self.runner_scopes, self.runner_groups)
        self._check_reach(self.credentials())

    def credentials(self) -> tuple[Credential, ...]:
        """Return all credentials. The first one does all that is not bound to a runner.

        Raises:
            ValueError: names the wrong variable, and what is allowed.
        """
        first = Credential(
            token_param=self.github_token_param,
            app_id=self.github_app_id,
            app_key_param=self.github_app_key_param,
            installation_id=self.github_app_installation_id,
        )
        return all_credentials(first, self.github_additional_credentials)

    def _check_reach(self, credentials: tuple[Credential, ...]) -> None:
        """Refuse scopes that a GitHub App, or its one installation, can't serve.

        Source: GitHub's OpenAPI description of GitHub Enterprise Cloud, "Create configuration for
        a just-in-time runner for an Enterprise": not enabled for GitHub Apps.
        """
        if self.github_enterprise and any(one.is_app for one in credentials):
            raise ValueError(
                "GITHUB_ENTERPRISE is set with a GitHub App, which can't register runners at an "
                "enterprise; allowed: GITHUB_TOKEN_PARAM with a classic personal access token "
                "(manage_runners:enterprise), and no App in GITHUB_ADDITIONAL_CREDENTIALS; or "
                "GITHUB_ORGANIZATIONS in place of the enterprise"
            )
        if len(self.github_organizations) > 1 and any(one.installation_id for one in credentials):
            raise ValueError(
                "an App's installation id is set with several GITHUB_ORGANIZATIONS; allowed: one "
                "organization, or no installation: that of each organization is then looked up"
            )


def github_client(
    settings: GitHubSettings,
    credential: Credential,
    parameters: Parameters,
    backends: Backends,
    on_rate_limit: Callable[[str, int], None],
    *,
    as_app: bool = False,
) -> GitHubClient:
    """Return the access to GitHub with one of the credentials of the settings.

    Args:
        as_app: Whether to authenticate as the App itself, if there is one.
    """
    api = GitHubApi(
        settings.github_api_url,
        connect=backends.connect,
        clock=backends.clock,
        sleep=backends.sleep,
    )
    return GitHubClient(
        api=api,
        tokens=_tokens(settings, credential, parameters, api, backends, as_app=as_app),
        on_rate_limit=on_rate_limit,
        clock=backends.clock,
    )


def registrations(settings: GitHubSettings, client: GitHubClient) -> Registrations:
    """Return the port to runner registrations that the settings describe."""
    return GitHubRegistrations(
        client,
        scopes=settings.runner_scopes,
        groups=settings.runner_groups,
    )


def deliveries(
    settings: GitHubSettings,
    parameters: Parameters,
    backends: Backends,
    on_rate_limit: Callable[[str, int], None],
    *,
    url: str,
    served: Sequence[str],
) -> Deliveries:
    """Return the port to the deliveries of the fleet's webhooks.

    Args:
        url: The URL of the webhooks.
        served: The entries of `GITHUB_SCOPE`.
    """
    first = settings.credentials()[0]
    client = github_client(settings, first, parameters, backends, on_rate_limit, as_app=True)
    return GitHubDeliveries(
        client,
        url=url,
        organizations=hook_organizations(settings, served),
        is_app=first.is_app,
    )


def hook_organizations(settings: GitHubSettings, served: Sequence[str]) -> tuple[str, ...]:
    """Return the organizations that have a webhook of the fleet.

    A fleet at an enterprise has webhooks at the organizations that it serves: the REST API has no
    webhooks of an enterprise.

    Args:
        served: The entries of `GITHUB_SCOPE`.
    """
    if settings.github_enterprise:
        return tuple(one for one in served if "/" not in one)
    return settings.github_organizations


def _tokens(
    settings: GitHubSettings,
    credential: Credential,
    parameters: Parameters,
    api: GitHubApi,
    backends: Backends,
    *,
    as_app: bool,
) -> Tokens:
    if not credential.is_app:
        return PersonalToken(parameters=parameters, name=credential.token_param)
    from shared.adapters import github_app  # noqa: PLC0415 - who has a token needs no JWT

    if as_app:
        return github_app.AppIdentity(
            parameters=parameters,
            key_param=credential.app_key_param,
            app_id=credential.app_id,
            clock=backends.clock,
        )
    return github_app.AppTokens(
        api=api,
        parameters=parameters,
        key_param=credential.app_key_param,
        app_id=credential.app_id,
        scopes=settings.runner_scopes,
        installation_id=credential.installation_id,
        statuses=settings.commit_statuses,
        writes_actions=settings.cancel_refused_runs or settings.lost_job_reruns > 0,
        clock=backends.clock,
    )


def _is_api(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError for an invalid port
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return safe and bool(parts.hostname) and plain and not _is_page(parts.hostname)


def _is_page(host: str | None) -> bool:
    """Return whether the host has GitHub's pages, and its API another host.

    Source: GitHub Docs, "Getting started with the REST API": `api.SUBDOMAIN.ghe.com`.
    """
    name = host or ""
    hosted = name in ("github.com", "www.github.com") or name.endswith(".ghe.com")
    return hosted and not name.startswith("api.")
