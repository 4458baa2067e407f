"""Paginators like boto3's: each page is a separate call."""

from collections.abc import Callable
from typing import Any


class Paginator:
    """The pages of a query, a scan or a list."""

    def __init__(self, call: Callable[..., Any], operation: str) -> None:
        self._call = call
        self._size, self._token, self._next, self._key = _PAGED[operation]

    def paginate(self, PaginationConfig: dict[str, int] | None = None, **asked: Any) -> Any:
        config = PaginationConfig or {}
        if "PageSize" in config:
            asked = asked | {self._size: config["PageSize"]}
        left = config.get("MaxItems", 1 << 62)
        while left > 0:
            page = self._call(**asked)
            found = page[self._key][:left]
            left -= len(found)
            yield page | {self._key: found}
            if self._next not in page:
                return
            asked = asked | {self._token: page[self._next]}


_PAGED = {
    "query": ("Limit", "ExclusiveStartKey", "LastEvaluatedKey", "Items"),
    "scan": ("Limit", "ExclusiveStartKey", "LastEvaluatedKey", "Items"),
    "describe_images": ("maxResults", "nextToken", "nextToken", "imageDetails"),
    "list_tasks": ("maxResults", "nextToken", "nextToken", "taskArns"),
}


class Direct:
    """A client without latency and faults, for observers. It has paginators like boto3's."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def get_paginator(self, operation: str) -> Paginator:
        """Return a paginator like boto3's: each page is a separate call."""
        return Paginator(getattr(self, operation), operation)
