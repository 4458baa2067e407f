"""Emulates a GitHub App: its installations and their tokens, which expire.

Clients authenticate as the App with a JWT. Sources: GitHub's OpenAPI description of its REST API,
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
from werkzeug.wrappers import Request, Response

from local.github import hooks_api, payloads
from local.github.answers import Refusal, answered, asked_object
from shared.adapters.clock import SYSTEM
from shared.ports import Clock

_FURTHEST = timedelta(minutes=10)
_PERMISSIONS = {"administration": "write", "organization_self_hosted_runners": "write"}
_LEVELS = ("read", "write")
_NEEDED = {
    "cancel_run": ("actions", "actions"),
    "create_status": ("statuses", "statuses"),
    **dict.fromkeys(("rerun_job", "rerun_failed_jobs"), ("actions", "actions")),
    **dict.fromkeys(("get_job", "get_run", "list_runs", "list_jobs"), ("actions", "actions")),
    **dict.fromkeys(hooks_api.OPERATIONS, ("repository_hooks", "organization_hooks")),
}
"""Permissions that an operation requires at a repository and at an organization, if they differ
from those for runners. Source: GitHub Docs, "Permissions required for GitHub Apps"."""
_RUNNERS = ("administration", "organization_self_hosted_runners")
_MOST_REPOSITORIES = 500
_FOUND, _DESCRIBE = "find", "describe"
RULES = Map(
    [
        Rule("/app/installations/<int:number>/access_tokens", methods=["POST"], endpoint="mint"),
        Rule("/repos/<account>/<repository>/installation", methods=["GET"], endpoint=_FOUND),
        Rule("/orgs/<account>/installation", methods=["GET"], endpoint=_FOUND),
        Rule("/app", methods=["GET"], endpoint=_DESCRIBE),
        Rule("/app/hook/config", methods=["GET"], endpoint="get_config"),
        Rule("/app/hook/config", methods=["PATCH"], endpoint="update_config"),
        *hooks_api.rules("/app/hook"),
    ]
)
"""Operations that require the authentication of the App."""


@dataclass(kw_only=True)
class App:
    """A registered GitHub App.

    Attributes:
        public_key: Public key that verifies its JWTs, in PEM format.
        installations: Installation ids by account name in lower case.
        permissions: Permissions that each installation has granted.
        owner: Account that owns it.
        url: Its page at GitHub, which ends with its slug.
        lifetime: Lifetime of an installation token.
        minted: The issued tokens with their account and expiry.
    """

    id: int
    public_key: str
    installations: dict[str, int]
    permissions: Mapping[str, str] = field(default_factory=lambda: _PERMISSIONS)
    lifetime: timedelta = timedelta(hours=1)
    clock: Clock = SYSTEM
    minted: dict[str, "Grant"] = field(default_factory=dict, repr=False)
    name: str = "runners"
    owner: str = "octo"
    url: str = "https://github.com/apps/runners"
    homepage: str = "https://github.com/octo"
    events: tuple[str, ...] = ("workflow_job",)

    def described(self) -> dict[str, Any]:
        """Return the App as the REST API describes it."""
        at = "2026-01-01T00:00:00Z"
        return {
            "id": self.id,
            "slug": self.url.rpartition("/")[2],
            "client_id": f"Iv23li{self.id:014}",
            "node_id": f"A_{self.id}",
            "owner": payloads.owner_of(self.owner),
            "name": self.name,
            "description": None,
            "external_url": self.homepage,
            "html_url": self.url,
            "created_at": at,
            "updated_at": at,
            "permissions": dict(self.permissions),
            "events": list(self.events),
        }

    def answer(self, endpoint: str, found: Mapping[str, Any], request: Request) -> Response:
        """Return the response to one of `RULES` that does not concern the App's webhook.

        Raises:
            Refusal: The response is an error.
        """
        if endpoint == _DESCRIBE:
            return answered(self.described())
        if endpoint == _FOUND:
            return self._find(found["account"].lower())
        return self._mint(found["number"], asked_object(request) if request.get_data() else {})

    def installation(self, repository: str) -> int | None:
        """Return the id of the installation on a repository's account, if any."""
        return self.installations.get(repository.partition("/")[0].lower())

    def grant(self, bearer: str) -> "Grant":
        """Return the permissions of an installation token.

        Raises:
            Refusal: The token is unknown or has expired.
        """
        grant = self.minted.get(bearer)
        if grant is None or grant.expires_at <= self.clock.now():
            raise Refusal(401, "Bad credentials")
        return grant

    def prove(self, bearer: str) -> None:
        """Check that the JWT belongs to the App and is valid now.

        Raises:
            Refusal: The JWT is invalid.
        """
        ours: Options = {
            "verify_exp": False,
            "verify_iat": False,
            "verify_iss": False,  # octokit's may be a number
            "require": ["exp", "iat", "iss"],
        }
        try:
            claims = jwt.decode(bearer, self.public_key, algorithms=["RS256"], options=ours)
        except jwt.InvalidTokenError:
            raise Refusal(401, "A JSON web token could not be decoded") from None
        if str(claims["iss"]) != str(self.id):
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
        installation = payloads.installation(
            self.installations[account], self.id, account, self.permissions
        )
        return answered(installation)

    def _mint(self, number: int, asked: Mapping[str, Any]) -> Response:
        accounts = [name for name, one in self.installations.items() if one == number]
        if not accounts:
            raise Refusal(404, "Not Found")
        grant = Grant(
            account=accounts[0],
            expires_at=self.clock.now() + self.lifetime,
            permissions=self._granted(asked.get("permissions")),
            repositories=_repositories(asked.get("repositories")),
        )
        token = f"ghs_{secrets.token_hex(18)}"
        self.minted[token] = grant
        answer = {
            "token": token,
            "expires_at": payloads.text(grant.expires_at),
            "permissions": grant.permissions,
            "repository_selection": "all" if grant.repositories is None else "selected",
        }
        return answered(answer, 201)

    def _granted(self, asked: Any) -> dict[str, str]:
        if asked is None:
            return dict(self.permissions)
        if not isinstance(asked, dict) or not set(asked.values()) <= set(_LEVELS):
            raise Refusal(422, "Invalid request: permissions must be an object of read and write.")
        if not all(_covers(self.permissions.get(name), level) for name, level in asked.items()):
            raise Refusal(422, "The permissions requested are not granted to this installation.")
        return dict(asked)


class Grant(Struct, frozen=True, kw_only=True):
    """The permissions of an installation token; no repositories means all of the account."""

    account: str
    expires_at: datetime
    permissions: dict[str, str]
    repositories: frozenset[str] | None = None

    def check(self, owner: str, repository: str | None, method: str, endpoint: str) -> None:
        """Check the permission for an operation at a repository or, without one, an organization.

        Raises:
            Refusal: The token does not have the permission.
        """
        out_of_sight = (
            repository
            and self.repositories is not None
            and (repository.lower() not in self.repositories)
        )
        if owner.lower() != self.account or out_of_sight:
            raise Refusal(404, "Not Found")
        needed = _NEEDED.get(endpoint, _RUNNERS)[0 if repository else 1]
        if not _covers(self.permissions.get(needed), "read" if method == "GET" else "write"):
            raise Refusal(403, "Resource not accessible by integration")


def _covers(has: str | None, wanted: str) -> bool:
    return has is not None and _LEVELS.index(has) >= _LEVELS.index(wanted)


def _repositories(asked: Any) -> frozenset[str] | None:
    if asked is None:
        return None
    names = asked if isinstance(asked, list) else []
    if not 1 <= len(names) <= _MOST_REPOSITORIES or not all(isinstance(one, str) for one in names):
        raise Refusal(422, "Invalid request: repositories must be 1 to 500 names.")
    return frozenset(name.lower() for name in names)
