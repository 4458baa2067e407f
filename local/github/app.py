"""A GitHub App at the stand-in: its installations, and their tokens that expire.

Who asks here proves to be the App by a JWT. Sources: GitHub's OpenAPI description of its REST API,
"GitHub Apps"; GitHub Docs, "Generating a JSON Web Token (JWT) for a GitHub App".
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from jwt.types import Options
from msgspec import Struct
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from local.github import payloads
from local.github.answers import Refusal, answered
from shared.adapters.clock import SYSTEM
from shared.ports import Clock

_FURTHEST = timedelta(minutes=10)
_PERMISSIONS = {"administration": "write", "organization_self_hosted_runners": "write"}
_FOUND = "find"
RULES = Map(
    [
        Rule("/app/installations/<int:number>/access_tokens", methods=["POST"], endpoint="mint"),
        Rule("/repos/<account>/<repository>/installation", methods=["GET"], endpoint=_FOUND),
        Rule("/orgs/<account>/installation", methods=["GET"], endpoint=_FOUND),
    ]
)
"""The operations that only the App may ask for."""


@dataclass(kw_only=True)
class App:
    """An App that is registered at GitHub.

    Attributes:
        public_key: What its JWTs are proven by, in PEM.
        installations: Accounts (in small letters) and the numbers of the installations on them.
        lifetime: How long a token of an installation is taken.
        minted: Those tokens: for which account, and until when.
    """

    id: int
    public_key: str
    installations: dict[str, int]
    lifetime: timedelta = timedelta(hours=1)
    clock: Clock = SYSTEM
    minted: dict[str, "Grant"] = field(default_factory=dict, repr=False)

    def answer(self, bearer: str, endpoint: str, found: Mapping[str, Any]) -> Response:
        """The answer to one of `RULES`.

        Raises:
            Refusal: the answer is no success.
        """
        self._prove(bearer)
        if endpoint == _FOUND:
            return self._find(found["account"].lower())
        return self._mint(found["number"])

    def account(self, bearer: str) -> str:
        """The account that the token of an installation is for.

        Raises:
            Refusal: it is no such token, or has expired.
        """
        grant = self.minted.get(bearer)
        if grant is None or grant.expires_at <= self.clock.now():
            raise Refusal(401, "Bad credentials")
        return grant.account

    def _prove(self, bearer: str) -> None:
        """Whether the JWT is the App's own, and of now."""
        ours: Options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "iss"]}
        try:
            claims = jwt.decode(bearer, self.public_key, algorithms=["RS256"], options=ours)
        except jwt.InvalidTokenError:
            raise Refusal(401, "A JSON web token could not be decoded") from None
        if claims["iss"] != str(self.id):
            raise Refusal(404, "Integration not found")
        now = self.clock.now()
        issued, expires = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
        if issued > now:
            raise Refusal(401, "'Issued at' claim ('iat') must be an Integer in the past")
        if not now < expires <= now + _FURTHEST:
            raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future or past")

    def _find(self, account: str) -> Response:
        if account not in self.installations:
            raise Refusal(404, "Not Found")
        told = payloads.installation(self.installations[account], self.id, account, _PERMISSIONS)
        return answered(told)

    def _mint(self, number: int) -> Response:
        accounts = [name for name, one in self.installations.items() if one == number]
        if not accounts:
            raise Refusal(404, "Not Found")
        token = f"ghs_{secrets.token_hex(18)}"
        expires_at = self.clock.now() + self.lifetime
        self.minted[token] = Grant(account=accounts[0], expires_at=expires_at)
        told = {
            "token": token,
            "expires_at": payloads.text(expires_at),
            "permissions": _PERMISSIONS,
            "repository_selection": "all",
        }
        return answered(told, 201)


class Grant(Struct, frozen=True, kw_only=True):
    """What a token of an installation is good for."""

    account: str
    expires_at: datetime
