"""Installation tokens of a GitHub App.

Imported only by a fleet with an App, because it imports a JWT library.

Sources: GitHub Docs, "Generating a JSON Web Token (JWT) for a GitHub App" (claims, RS256, ten
minutes) and "Authenticating as a GitHub App installation" (tokens last an hour); GitHub's OpenAPI
description of its REST API, "GitHub Apps" (paths, status codes). No message or repr contains a
secret.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated
from uuid import uuid4

import jwt
import urllib3
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Meta, Struct

from shared.adapters.clock import SYSTEM
from shared.adapters.github_api import GitHubApi, decode, explain
from shared.adapters.github_client import scope_path
from shared.adapters.github_tokens import SENDABLE, secret
from shared.domain.runner_scope import AT_REPOSITORIES, Level, RunnerScopes
from shared.ports import Clock, NotNow, Parameters, Refused

BACKDATED = timedelta(seconds=60)
"""How far a JWT's `iat` is in the past, because of clock drift, as GitHub recommends."""

JWT_LIFETIME = timedelta(minutes=10)
"""From `iat` to `exp`, so that `exp` is less than GitHub's limit of ten minutes ahead, even if
GitHub's clock is slower."""

RENEW_BEFORE = timedelta(minutes=5)
"""How long before its expiry an installation token is replaced."""

KEY_FORMAT = (
    "an RSA private key in PEM without a passphrase, line breaks included, as GitHub's download "
    "for an App is"
)
"""What `private_key` accepts, for error messages."""

_UNAUTHORIZED, _MISSING, _NOT_GRANTED = 401, 404, 422
_READ_ACTIONS, _WRITE_ACTIONS = {"actions": "read"}, {"actions": "write"}
_WRITE_STATUSES = {"statuses": "write"}
_NONE: dict[str, str] = {}


class _Installation(Struct, frozen=True):
    id: int


class _Minted(Struct, frozen=True):
    token: Annotated[str, Meta(pattern=rf"\A{SENDABLE}\Z")]
    expires_at: Annotated[datetime, Meta(tz=True)]

    def __repr__(self) -> str:
        return f"_Minted(token=…, expires_at={self.expires_at})"


class AppIdentity:
    """`Tokens` that authenticate as the App itself, not as one of its installations.

    Args:
        key_param: The name of the parameter with a private key of the App, in PEM.
        app_id: The App's id, or its client id (Enterprise Server before 3.14 accepts only the id).
    """

    def __init__(
        self, *, parameters: Parameters, key_param: str, app_id: str, clock: Clock = SYSTEM
    ) -> None:
        self._parameters = parameters
        self._key_param = key_param
        self._app_id = app_id
        self._clock = clock
        self._parsed: tuple[str, RSAPrivateKey] | None = None

    def token(self, _repository: str = "") -> str:
        """Return a JWT."""
        issued = self._clock.now() - BACKDATED
        expires = issued + JWT_LIFETIME
        claims = {"iss": self._app_id, "iat": issued, "exp": expires, "jti": str(uuid4())}
        return jwt.encode(claims, self._key(), algorithm="RS256")

    def forget(self, _repository: str) -> bool:
        """Return False: a new JWT would be rejected, too."""
        return False

    def _key(self) -> RSAPrivateKey:
        """Return the key. It is parsed only if the parameter has changed: that takes 53 ms."""
        text = secret(self._parameters, self._key_param, "a GitHub App's private key")
        if self._parsed is None or self._parsed[0] != text:
            self._parsed = text, _parse(text, self._key_param)
        return self._parsed[1]


class AppTokens:
    """`Tokens` of the App's installation on the account that owns the repository.

    There is one token for each repository, or one for each organization at which runners are
    registered. It has no other permissions than the fleet needs, and no other repositories.

    Args:
        key_param: See `AppIdentity`.
        app_id: See `AppIdentity`.
        scopes: Where runners are registered: at repositories and organizations, each with an
            installation of its own. An App can't register runners at an enterprise.
        installation_id: The only installation; None: each is read from GitHub.
        statuses: Whether the fleet creates commit statuses.
        writes_actions: Whether the fleet cancels workflow runs, or runs jobs again.
    """

    def __init__(
        self,
        *,
        api: GitHubApi,
        parameters: Parameters,
        key_param: str,
        app_id: str,
        scopes: RunnerScopes = AT_REPOSITORIES,
        installation_id: int | None = None,
        statuses: bool = False,
        writes_actions: bool = False,
        clock: Clock = SYSTEM,
    ) -> None:
        self._api = api
        self._key_param = key_param
        self._app_id = app_id
        self._identity = AppIdentity(
            parameters=parameters, key_param=key_param, app_id=app_id, clock=clock
        )
        self._scopes = scopes
        self._installation_id = installation_id
        self._clock = clock
        self._kept: dict[str, _Minted] = {}
        self._optional = _optional(statuses=statuses, writes_actions=writes_actions)
        self._refusals: Counter[str] = Counter()

    def token(self, repository: str) -> str:
        """See `Tokens.token`."""
        key = self._key(repository)
        kept = self._kept.get(key)
        if kept is None or self._clock.now() >= kept.expires_at - RENEW_BEFORE:
            kept = self._kept[key] = self._mint(repository)
        return kept.token

    def forget(self, repository: str) -> bool:
        """See `Tokens.forget`."""
        return self._kept.pop(self._key(repository), None) is not None

    def _key(self, repository: str) -> str:
        """Return the repository or the organization that a token is for."""
        return self._scopes.of(repository).name.lower()

    def _mint(self, repository: str) -> _Minted:
        app_jwt = self._identity.token()
        number = self._installation_id or self._find(repository, app_jwt)
        path = f"/app/installations/{number}/access_tokens"
        key = self._key(repository)
        refusals = self._refusals[key]
        while True:
            asked = self._token_request(repository, self._optional[refusals])
            answer = self._api.call("POST", path, app_jwt, body=asked)
            if answer.status != _NOT_GRANTED or refusals + 1 == len(self._optional):
                break
            refusals += 1
        self._refusals[key] = refusals  # a value, not a sum: the doctor uses several threads
        missing = f"GitHub App {self._app_id} has no installation {number}"
        self._check(answer, repository, missing)
        return decode(answer, _Minted)

    def _token_request(self, repository: str, optional: dict[str, str]) -> dict[str, object]:
        """Return the permissions and the repositories of a token.

        Source: GitHub's OpenAPI description of its REST API, "Create an installation access token
        for an app".
        """
        if self._is_organization(repository):
            return {"permissions": {"organization_self_hosted_runners": "write", **optional}}
        permissions = {"administration": "write", **optional}
        return {"permissions": permissions, "repositories": [repository.partition("/")[2]]}

    def _find(self, repository: str, app_jwt: str) -> int:
        scope = self._scopes.of(repository)
        answer = self._api.call("GET", f"{scope_path(scope)}/installation", app_jwt)
        missing = f"GitHub App {self._app_id} is not installed on {scope.name}"
        self._check(answer, repository, missing)
        return decode(answer, _Installation).id

    def _is_organization(self, repository: str) -> bool:
        return self._scopes.of(repository).level is Level.ORGANIZATION

    def _check(self, answer: urllib3.BaseHTTPResponse, repository: str, missing: str) -> None:
        message = explain(answer)
        unknown = answer.status == _MISSING and "Integration not found" in message
        if answer.status == _UNAUTHORIZED or unknown:
            raise NotNow(
                f"{message}: GitHub App {self._app_id} and the private key in parameter "
                f"{self._key_param} do not belong together; needed: the App's own id and one of "
                "its keys"
            )
        if answer.status == _MISSING:
            raise Refused(f"{message}: {missing}; needed: {self._needed(repository)}")
        self._api.check(answer)

    def _needed(self, repository: str) -> str:
        if self._is_organization(repository):
            return "an installation that may write the organization's self-hosted runners"
        return "an installation on the repository that may write its administration"


def _optional(*, statuses: bool, writes_actions: bool) -> tuple[dict[str, str], ...]:
    """Return the permissions that an installation may not grant, in the order of the requests.

    GitHub refuses a token if the installation lacks one of them: see ADRs 14, 20 and 23.
    """
    actions = [*([_WRITE_ACTIONS] if writes_actions else []), _READ_ACTIONS, _NONE]
    commits = [_WRITE_STATUSES, _NONE] if statuses else [_NONE]
    return tuple(one | other for one in actions for other in commits)


def private_key(pem: str) -> RSAPrivateKey | None:
    """Return the App's key, or None if the text is not of `KEY_FORMAT`."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None  # the library's message may quote the text
    return key if isinstance(key, RSAPrivateKey) else None


def _parse(text: str, name: str) -> RSAPrivateKey:
    key = private_key(text)
    if key is None:
        raise NotNow(f"SSM: parameter {name} holds no key that can be read; allowed: {KEY_FORMAT}")
    return key
