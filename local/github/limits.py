"""Counts the requests of each credential as GitHub does, and refuses those beyond its limits.

Primary limits are counted by resource, which each response names. The secondary limit is in points
a minute, over all resources. The registration of a runner is counted in its own resource, for each
repository or organization, and in `core`, too, since GitHub does not document that it is not.

Sources: GitHub Docs, "Rate limits for the REST API" (headers, statuses, 900 points a minute, 5 for
a POST) and "Limits in GitHub Actions" (1,500 runner registrations in 5 minutes); GitHub's OpenAPI
description of its REST API, "Get rate limit status for the authenticated user" (the resources). How
GitHub counts minutes is not documented.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from local.github.answers import refused

CORE, REGISTRATION = "core", "actions_runner_registration"
PRIMARY: Mapping[str, tuple[float, float]] = {CORE: (5000, 3600.0), REGISTRATION: (1500, 300.0)}
"""The limits of github.com: see `Limits.primary`."""
UNLIMITED = dict.fromkeys(PRIMARY, (1e9, 3600.0))
"""An Enterprise Server, which has no limits by default. Source: GitHub Docs, Enterprise Server,
"Rate limits for the REST API"."""
POINTS = 900
"""Points a minute at github.com."""
MINUTE = 60.0
_CHANGES = {"POST": 5, "PATCH": 5, "PUT": 5, "DELETE": 5}
_REGISTERS = "/actions/runners/generate-jitconfig"
_SECONDARY = "secondary"
_FORBIDDEN = 403


def points(method: str) -> int:
    """Return what a request costs of the secondary limit."""
    return _CHANGES.get(method, 1)


def resource(request: Request) -> str:
    """Return the resource in which a request is counted."""
    registers = request.method == "POST" and request.path.endswith(_REGISTERS)
    return REGISTRATION if registers else CORE


class Window:
    """A quota for a period of time, which begins with the first request after the last one."""

    def __init__(self, quota: float, seconds: float = MINUTE) -> None:
        self.quota = quota
        self.left = quota
        self.ends = 0.0
        self._seconds = seconds

    def begin(self, now: float) -> None:
        """Begin a new period if the last one has ended."""
        if now >= self.ends:
            self.left, self.ends = self.quota, now + self._seconds

    def take(self, amount: float, now: float) -> float | None:
        """Take an amount, or return the seconds until the next period if less is left."""
        self.begin(now)
        if self.left < amount:
            return self.ends - now
        self.left -= amount
        return None


@dataclass(kw_only=True)
class Limits:
    """The limits of all credentials, and of the places at which runners are registered.

    Attributes:
        points: Points a minute of each credential; None: there is no secondary limit.
        primary: The number of requests of each resource, and in how many seconds.
        calls, refused: The number of requests of each credential, and of those that were refused.
        registrations: The requests to register a runner: the credential, and when.
    """

    points: int | None = None
    primary: Mapping[str, tuple[float, float]] = field(default_factory=lambda: PRIMARY)
    calls: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    registrations: list[tuple[str, float]] = field(default_factory=list)
    _windows: dict[tuple[str, str], Window] = field(default_factory=dict)

    def refusal(self, request: Request, caller: str, now: float) -> Response | None:
        """Return the error if the request exceeds a limit, else count it.

        Args:
            caller: Identifies the credential.
            now: The time in seconds since 1970.
        """
        self.calls[caller] += 1
        if resource(request) == REGISTRATION:
            self.registrations.append((caller, now))
        refusal = self._refusal(request, caller, now)
        if refusal is not None:
            self.refused[caller] += 1
        return refusal

    def _refusal(self, request: Request, caller: str, now: float) -> Response | None:
        kinds = sorted({CORE, resource(request)})
        for kind in kinds:
            if self._primary(kind, request, caller, now).left < 1:
                headers = self.headers(request, caller, now, kind)
                return refused(_FORBIDDEN, "API rate limit exceeded", **headers)
        wait = self._secondary(caller).take(points(request.method), now) if self.points else None
        if wait is not None:
            message = "You have exceeded a secondary rate limit"
            return refused(_FORBIDDEN, message, retry_after=str(int(wait) + 1))
        for kind in kinds:
            self._primary(kind, request, caller, now).take(1, now)
        return None

    def give_back(self, request: Request, caller: str, now: float) -> None:
        """Uncount a conditional request whose response is 304."""
        self._primary(resource(request), request, caller, now).left += 1

    def headers(
        self, request: Request, caller: str, now: float, kind: str | None = None
    ) -> dict[str, str]:
        """Return the headers of a response by name, with `_` for `-`.

        Args:
            kind: The resource, by default that of the request.
        """
        kind = kind or resource(request)
        window = self._primary(kind, request, caller, now)
        return {
            "x_ratelimit_limit": str(int(window.quota)),
            "x_ratelimit_remaining": str(int(window.left)),
            "x_ratelimit_reset": str(int(window.ends)),
            "x_ratelimit_resource": kind,
        }

    def _primary(self, kind: str, request: Request, caller: str, now: float) -> Window:
        whose = request.path.removesuffix(_REGISTERS) if kind == REGISTRATION else caller
        window = self._windows.setdefault((kind, whose), Window(*self.primary[kind]))
        window.begin(now)
        return window

    def _secondary(self, caller: str) -> Window:
        return self._windows.setdefault((_SECONDARY, caller), Window(self.points or 0))
