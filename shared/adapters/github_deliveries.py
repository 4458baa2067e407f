"""Deliveries of the fleet's webhooks through GitHub's REST API.

Source of paths, fields and status codes: GitHub's OpenAPI description of its REST API, "Repository
webhooks", "Organization webhooks" and "GitHub Apps".
"""

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import unquote

from msgspec import Struct

from shared.adapters.github_api import decode
from shared.adapters.github_client import PAGE, GitHubClient, scope_path
from shared.domain.bounds import Id, Name, Word
from shared.domain.runner_scope import RunnerScopes
from shared.ports import Delivery, DeliveryPage, Hook

APP = "app"
"""The owner of an App's own webhook: the App."""

_NEXT = re.compile(r'[?&]cursor=([^&>]+)[^>]*>; *rel="next"')
"""Source: GitHub Docs, "Using pagination in the REST API", the header `link`."""
_SUCCEEDED = "OK"
"""The status of a delivery that did not fail. Source: GitHub Docs, "Handling failed webhook
deliveries". A response 2xx counts as well."""
_SUCCESS = range(200, 300)


class _Config(Struct, frozen=True):
    url: str = ""


class _Hook(Struct, frozen=True):
    id: Id
    config: _Config = _Config()


class _Delivery(Struct, frozen=True):
    id: Id
    guid: Word
    event: Name
    delivered_at: datetime
    redelivery: bool
    status: str
    status_code: int


class GitHubDeliveries:
    """`Deliveries` of an App's webhook, or of those of organizations and of repositories.

    Args:
        url: The URL of the fleet's webhook.
        organizations: The organizations that have a webhook of the fleet. The repositories of
            others have one each.
        is_app: Whether the client authenticates as an App, which has one webhook.
    """

    def __init__(
        self,
        client: GitHubClient,
        *,
        url: str,
        organizations: Sequence[str] = (),
        is_app: bool = False,
    ) -> None:
        self._client = client
        self._url = url
        self._scopes = RunnerScopes(organizations=tuple(organizations))
        self._is_app = is_app

    def owners(self, repositories: Sequence[str]) -> list[str]:
        """See `Deliveries.owners`."""
        if self._is_app:
            return [APP]
        at = [*self._scopes.shared(), *map(self._scopes.of, repositories)]
        return [one.name for one in dict.fromkeys(at)]

    def hook(self, owner: str) -> Hook | None:
        """See `Deliveries.hook`."""
        if self._is_app:
            answer = self._client.call("GET", owner, "/app/hook/config")
            self._client.check(answer)
            is_ours = self._matches(decode(answer, _Config))
            return Hook(path="/app/hook", owner=owner) if is_ours else None
        at = scope_path(self._scopes.of(owner))
        answer = self._client.call("GET", owner, f"{at}/hooks", fields={"per_page": str(PAGE)})
        self._client.check(answer)
        for one in decode(answer, tuple[_Hook, ...]):
            if self._matches(one.config):
                return Hook(path=f"{at}/hooks/{one.id}", owner=owner)
        return None

    def page(self, hook: Hook, cursor: str) -> DeliveryPage:
        """See `Deliveries.page`."""
        fields = {"per_page": str(PAGE)} | ({"cursor": cursor} if cursor else {})
        answer = self._client.call("GET", hook.owner, f"{hook.path}/deliveries", fields=fields)
        self._client.check(answer)
        following = _NEXT.search(answer.headers.get("link", ""))
        return DeliveryPage(
            deliveries=tuple(map(_delivery, decode(answer, tuple[_Delivery, ...]))),
            cursor=unquote(following[1]) if following else "",
        )

    def redeliver(self, hook: Hook, delivery_id: int) -> None:
        """See `Deliveries.redeliver`."""
        path = f"{hook.path}/deliveries/{delivery_id}/attempts"
        self._client.check(self._client.call("POST", hook.owner, path))

    def _matches(self, config: _Config) -> bool:
        return config.url.rstrip("/") == self._url.rstrip("/")


def _delivery(one: _Delivery) -> Delivery:
    return Delivery(
        id=one.id,
        guid=one.guid,
        event=one.event,
        at=one.delivered_at,
        is_redelivery=one.redelivery,
        succeeded=one.status == _SUCCEEDED or one.status_code in _SUCCESS,
    )
