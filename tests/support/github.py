"""GitHub's emulator with an App, and clients with each kind of credential, for contracts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.github.app import App
from local.github.server import GitHub
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_app import AppTokens
from shared.adapters.github_client import GitHubClient
from shared.adapters.github_tokens import Tokens
from shared.domain.runner_scope import AT_REPOSITORIES, RunnerScopes
from tests.support.openapi import check_request
from tests.support.tokens import Fixed, Held, private_pem, public_pem

TOKEN = "a token"
APPS = ("App", "App of an organization")
CREDENTIALS = ("token", *APPS)
GRANTED = {
    "administration": "write",
    "organization_self_hosted_runners": "write",
    "actions": "read",
}


@contextmanager
def github_with_app(token: str = TOKEN, **permissions: str) -> Iterator[tuple[GitHub, App]]:
    """Start the emulator, where the token is valid and an App is installed on `octo`.

    Each request is checked against GitHub's description. The App has the permissions of `GRANTED`,
    and those that are given.
    """

    def judge(asked: Any) -> None:
        check_request(asked.method, asked.full_path, asked.get_json(silent=True))

    granted = GRANTED | permissions
    app = App(id=7, public_key=public_pem(), installations={"octo": 42}, permissions=granted)
    with GitHub(token=token, faults=judge, app=app) as github:
        yield github, app


def client_of(
    kind: str, github: GitHub, scopes: RunnerScopes | None = None, **optional: bool
) -> GitHubClient:
    """Return a client with one of `CREDENTIALS`.

    Args:
        optional: The optional permissions that an App requests, as `AppTokens` names them.
    """
    api = GitHubApi(github.url)
    if scopes is None:
        of_organization = RunnerScopes(organizations=("octo",))
        scopes = of_organization if kind == "App of an organization" else AT_REPOSITORIES
    tokens: Tokens = Fixed(TOKEN)
    if kind != "token":
        tokens = AppTokens(
            api=api,
            parameters=Held({"key": private_pem()}),
            key_param="key",
            app_id="7",
            scopes=scopes,
            **optional,
        )
    return GitHubClient(api=api, tokens=tokens)
