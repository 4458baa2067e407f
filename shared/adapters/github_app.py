"""Tokens of a GitHub App's installations. Only who has an App imports this: it loads a JWT library.

Sources: GitHub Docs, "Generating a JSON Web Token (JWT) for a GitHub App" (claims, RS256, ten
minutes) and "Authenticating as a GitHub App installation" (tokens last an hour); GitHub's OpenAPI
description of its REST API, "GitHub Apps" (paths, status codes). No secret is in a message or repr.
"""

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
from shared.adapters.github_tokens import SENDABLE, secret
from shared.ports import Clock, NotNow, Parameters, Refused

BACKDATED = timedelta(seconds=60)
"""How far a JWT's `iat` lies in the past, because clocks drift. GitHub recommends it."""

JWT_LIFETIME = timedelta(minutes=10)
"""From `iat` to `exp`, so that `exp` is under GitHub's ten minutes ahead even by a slow clock."""

RENEW_BEFORE = timedelta(minutes=5)
"""So long before it expires is an installation's token replaced."""

_UNAUTHORIZED, _MISSING, _NOT_GRANTED = 401, 404, 422
_READ_JOBS = {"actions": "read"}
"""Not every installation grants it: see ADR 14."""


class _Installation(Struct, frozen=True):
    id: int


class _Minted(Struct, frozen=True):
    token: Annotated[str, Meta(pattern=rf"\A{SENDABLE}\Z")]
    expires_at: Annotated[datetime, Meta(tz=True)]

    def __repr__(self) -> str:
        return f"_Minted(token=…, expires_at={self.expires_at})"


class AppTokens:
    """`Tokens` of the installation on the account that owns the repository.

    A token may do no more than the fleet needs, and reaches no other repository: there is one for
    each repository, or one for the organization whose runners the fleet's are.

    Args:
        key_param: Names the parameter that holds a private key of the App, in PEM.
        app_id: The App's id, or its client id (Enterprise Server before 3.14 knows only the id).
        organization: Where the runners are registered, if not at the repositories.
        installation_id: Looked up at GitHub if it is not given.
    """

    def __init__(
        self,
        *,
        api: GitHubApi,
        parameters: Parameters,
        key_param: str,
        app_id: str,
        organization: str | None = None,
        installation_id: int | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        self._api = api
        self._parameters = parameters
        self._key_param = key_param
        self._app_id = app_id
        self._organization = organization
        self._installation_id = installation_id
        self._clock = clock
        self._kept: dict[str, _Minted] = {}
        self._reads_no_jobs: set[str] = set()
        self._parsed: tuple[str, RSAPrivateKey] | None = None

    def token(self, repository: str) -> str:
        """See `Tokens.token`."""
        reach = self._reach(repository)
        kept = self._kept.get(reach)
        if kept is None or self._clock.now() >= kept.expires_at - RENEW_BEFORE:
            kept = self._kept[reach] = self._mint(repository)
        return kept.token

    def forget(self, repository: str) -> bool:
        """See `Tokens.forget`."""
        return self._kept.pop(self._reach(repository), None) is not None

    def _reach(self, repository: str) -> str:
        """What a token is for: the repository, or the organization."""
        return (self._organization or repository).lower()

    def _mint(self, repository: str) -> _Minted:
        proof = self._proof()
        number = self._installation_id or self._find(repository, proof)
        path = f"/app/installations/{number}/access_tokens"
        reach = self._reach(repository)
        answer = self._api.call("POST", path, proof, body=self._asked(repository))
        if answer.status == _NOT_GRANTED and reach not in self._reads_no_jobs:
            self._reads_no_jobs.add(reach)
            answer = self._api.call("POST", path, proof, body=self._asked(repository))
        self._check(answer, f"GitHub App {self._app_id} has no installation {number}")
        return decode(answer, _Minted)

    def _asked(self, repository: str) -> dict[str, object]:
        """Permissions and repositories of a token.

        Source: GitHub's OpenAPI description of its REST API, "Create an installation access token
        for an app".
        """
        jobs = {} if self._reach(repository) in self._reads_no_jobs else _READ_JOBS
        if self._organization:
            return {"permissions": {"organization_self_hosted_runners": "write", **jobs}}
        permissions = {"administration": "write", **jobs}
        return {"permissions": permissions, "repositories": [repository.partition("/")[2]]}

    def _find(self, repository: str, proof: str) -> int:
        where = f"orgs/{self._organization}" if self._organization else f"repos/{repository}"
        answer = self._api.call("GET", f"/{where}/installation", proof)
        on = self._organization or repository
        self._check(answer, f"GitHub App {self._app_id} is not installed on {on}")
        return decode(answer, _Installation).id

    def _check(self, answer: urllib3.BaseHTTPResponse, missing: str) -> None:
        told = explain(answer)
        unknown = answer.status == _MISSING and "Integration not found" in told
        if answer.status == _UNAUTHORIZED or unknown:
            raise NotNow(
                f"{told}: GitHub App {self._app_id} and the private key in parameter "
                f"{self._key_param} do not belong together; needed: the App's own id and one of "
                "its keys"
            )
        if answer.status == _MISSING:
            raise Refused(f"{told}: {missing}; needed: {self._needed()}")
        self._api.check(answer)

    def _needed(self) -> str:
        if self._organization:
            return "an installation that may write the organization's self-hosted runners"
        return "an installation on the repository that may write its administration"

    def _proof(self) -> str:
        """The JWT that says: I am the App."""
        issued = self._clock.now() - BACKDATED
        expires = issued + JWT_LIFETIME
        claims = {"iss": self._app_id, "iat": issued, "exp": expires, "jti": str(uuid4())}
        return jwt.encode(claims, self._key(), algorithm="RS256")

    def _key(self) -> RSAPrivateKey:
        """The key, parsed again only when the parameter's text has changed: it costs 53 ms."""
        text = secret(self._parameters, self._key_param, "a GitHub App's private key")
        if self._parsed is None or self._parsed[0] != text:
            self._parsed = text, _parse(text, self._key_param)
        return self._parsed[1]


def _parse(text: str, name: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None  # the library's own words may quote what it could not read
    if not isinstance(key, RSAPrivateKey):
        raise NotNow(
            f"SSM: parameter {name} holds no key that can be read; allowed: an RSA private key in "
            "PEM without a passphrase, line breaks included, as GitHub's download for an App is"
        )
    return key
