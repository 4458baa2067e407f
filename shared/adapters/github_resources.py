"""Which calls GitHub's rate limits hold back: those of an exhausted resource, or all.

GitHub counts the requests of a credential by resource, and each response names its own. Which
endpoint is counted where is documented for few of them, so it is learned from the responses.
Sources: GitHub Docs, "Rate limits for the REST API", "Checking the status of your rate limit";
GitHub's OpenAPI description of its REST API, "Get rate limit status for the authenticated user".
"""

import re
from collections.abc import Mapping
from datetime import datetime

CORE = "core"
"""The resource of most calls."""
_OWNER = re.compile(r"^/(repos/[^/]+/[^/]+|orgs/[^/]+|enterprises/[^/]+)")
_ID = re.compile(r"/(\d+|[0-9a-f]{40,64})(?=/|$)")


class HeldResources:
    """The resources whose limit is reached, of one credential."""

    def __init__(self) -> None:
        self._resources: dict[str, str] = {}
        self._until: dict[str, datetime] = {}
        self._all_until: datetime | None = None

    def learn(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Keep in which resource the response says that its endpoint is counted."""
        if resource := headers.get("x-ratelimit-resource"):
            self._resources[endpoint(method, path)] = resource

    def hold(self, headers: Mapping[str, str], until: datetime) -> None:
        """Hold back the calls that the limit of a refused call concerns.

        That is the resource, if it is exhausted. A secondary limit is of all calls.
        """
        exhausted = headers.get("x-ratelimit-remaining") == "0" and "retry-after" not in headers
        if exhausted:
            self._until[headers.get("x-ratelimit-resource", CORE)] = until
        else:
            self._all_until = until

    def until(self, method: str, path: str) -> datetime | None:
        """Return until when a call is held back; a time in the past or None if it is not."""
        resource = self._resources.get(endpoint(method, path), CORE)
        held = (self._all_until, self._until.get(resource))
        return max((one for one in held if one), default=None)


def endpoint(method: str, path: str) -> str:
    """Return the method and the path without the owner's name, numbers and commits."""
    return f"{method} {_ID.sub('/#', _OWNER.sub('/@', path))}"
