"""Emulates the registration of a GitHub App from a manifest, and its installation.

Sources: GitHub Docs, "Registering a GitHub App from a manifest"; GitHub's OpenAPI description of
its REST API, `apps/create-from-manifest`. Whoever opens a page is signed in as `USER`, who owns
every organization.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from msgspec import Struct
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from local.github import pages
from local.github.answers import answered, refused
from local.github.app import App
from local.github.manifest import InvalidManifestError, Manifest, read
from shared.adapters.clock import SYSTEM
from shared.ports import Clock

USER = "octocat"
CODE_LIFETIME = timedelta(hours=1)
"""Within which a code has to be converted. It can be converted once."""
_PERSONAL, _OF_ORGANIZATION = "/settings/apps", "/organizations/<owner>/settings/apps"
_APP = "/apps/<slug>"
_RULES = Map(
    [
        *(
            Rule(f"{at}{path}", methods=["POST"], endpoint=endpoint)
            for at in (_PERSONAL, _OF_ORGANIZATION)
            for path, endpoint in (("/new", "show"), ("", "create"))
        ),
        Rule("/app-manifests/<code>/conversions", methods=["POST"], endpoint="convert"),
        Rule(f"{_APP}/installations/new", methods=["GET"], endpoint="offer"),
        Rule(f"{_APP}/installations/new", methods=["POST"], endpoint="install"),
    ]
)

Register = Callable[[App, tuple[str, str] | None], None]
"""Makes an App the one of the emulator, with URL and secret of its webhook, if it has one."""


class _Created(Struct, kw_only=True):
    """An App whose key has not been handed over."""

    app: App
    pem: str
    webhook_secret: str | None
    at: datetime


class Manifests:
    """Answers the requests of browsers, and the conversion of a code.

    Args:
        url: The emulator's URL.
        register: See `Register`.
    """

    def __init__(self, url: Callable[[], str], register: Register, clock: Clock = SYSTEM) -> None:
        self._url = url
        self._register = register
        self._clock = clock
        self._codes: dict[str, _Created] = {}
        self._apps: dict[str, App] = {}
        self._ids = count(1001)

    def answer(self, request: Request) -> Response | None:
        """Return the response, or None if the request is none of these."""
        try:
            endpoint, found = _RULES.bind_to_environ(request.environ).match()
        except HTTPException:
            return None
        operation: Callable[..., Response] = getattr(self, f"_{endpoint}")
        try:
            return operation(request, **found)
        except InvalidManifestError as error:
            return pages.refusal(str(error))

    def _show(self, request: Request, owner: str = USER) -> Response:
        text = request.form.get("manifest", "")
        state = request.args.get("state", "")
        return pages.registration(read(text), text, owner, request.path.removesuffix("/new"), state)

    def _create(self, request: Request, owner: str = USER) -> Response:
        manifest = read(request.form.get("manifest", ""), request.form.get("name"))
        slug = re.sub(r"[^a-z0-9]+", "-", manifest.name.lower()).strip("-")
        if slug in self._apps:
            raise InvalidManifestError("Name has already been taken")
        created = self._created(manifest, owner, slug)
        self._apps[slug] = created.app
        code = secrets.token_hex(20)
        self._codes[code] = created
        hook = manifest.hook_attributes
        secret = created.webhook_secret
        is_active = hook is not None and hook.active
        self._register(created.app, (hook.url, secret) if is_active and hook and secret else None)
        state = request.form.get("state")
        query = urlencode({"code": code} | ({"state": state} if state else {}))
        return Response(status=302, headers={"Location": f"{manifest.redirect_url}?{query}"})

    def _created(self, manifest: Manifest, owner: str, slug: str) -> _Created:
        key = generate_private_key(public_exponent=65537, key_size=2048)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        app = App(
            id=next(self._ids),
            public_key=public.decode(),
            installations={},
            permissions=_with_metadata(manifest.default_permissions),
            clock=self._clock,
            name=manifest.name,
            owner=owner,
            url=f"{self._url()}/apps/{slug}",
            homepage=manifest.url,
            events=manifest.default_events,
        )
        secret = secrets.token_hex(20) if manifest.hook_attributes else None
        return _Created(app=app, pem=_pem(key), webhook_secret=secret, at=self._clock.now())

    def _convert(self, _: Request, code: str) -> Response:
        created = self._codes.pop(code, None)
        if created is None or self._clock.now() > created.at + CODE_LIFETIME:
            return refused(404, "Not Found")
        credentials = {
            "client_secret": secrets.token_hex(20),
            "webhook_secret": created.webhook_secret,
            "pem": created.pem,
        }
        return answered(created.app.described() | credentials, 201)

    def _offer(self, request: Request, slug: str) -> Response:
        app = self._apps.get(slug)
        return pages.missing() if app is None else pages.installation(app, request.path)

    def _install(self, _: Request, slug: str) -> Response:
        app = self._apps.get(slug)
        if app is None:
            return pages.missing()
        app.installations[app.owner.lower()] = app.id + 1_000_000
        return pages.installed(app)


def _with_metadata(permissions: Mapping[str, str]) -> dict[str, str]:
    """Return the permissions with the one that GitHub adds to every App.

    Source: GitHub Docs, "Choosing permissions for a GitHub App".
    """
    return {"metadata": "read", **permissions}


def _pem(key: RSAPrivateKey) -> str:
    """Return the key as GitHub does: PKCS #1. Source: the OpenAPI description's example."""
    kind = PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(Encoding.PEM, kind, NoEncryption()).decode()
