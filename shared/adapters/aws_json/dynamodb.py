"""DynamoDB's calls as `shared.adapters.dynamodb` makes them, in the place of boto3's client.

DynamoDB's JSON is what boto3's client takes and returns, except for binary values, of which the log
has none.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from shared.adapters.aws_json.client import Api, JsonClient

API = Api("dynamodb", "DynamoDB_20120810", "1.0")


class JsonDynamoDB:
    """A client of DynamoDB. Its methods have the parameters and the responses of boto3's.

    Raises:
        AnsweredError, NoAnswerError: by each method.
    """

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """See boto3's `DynamoDB.Client.batch_get_item`."""
        return self._client.call("BatchGetItem", request)

    def put_item(self, **request: Any) -> dict[str, Any]:
        """See boto3's `DynamoDB.Client.put_item`."""
        return self._client.call("PutItem", request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """See boto3's `DynamoDB.Client.transact_write_items`.

        As boto3's, it sends a token by which DynamoDB knows a repeated attempt. Source: Amazon
        DynamoDB API Reference, TransactWriteItems, `ClientRequestToken`.
        """
        return self._client.call(
            "TransactWriteItems", {"ClientRequestToken": str(uuid4()), **request}
        )

    def get_paginator(self, name: str) -> "_Paginator":
        """Return the paginator of `query` or `scan`."""
        return _Paginator(self._client, {"query": "Query", "scan": "Scan"}[name])


class _Paginator:
    """All pages of a query or scan."""

    def __init__(self, client: JsonClient, operation: str) -> None:
        self._client = client
        self._operation = operation

    def paginate(self, **request: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the pages. As with boto3, `PaginationConfig` may name a `PageSize`."""
        size = request.pop("PaginationConfig", {}).get("PageSize")
        request |= {} if size is None else {"Limit": size}
        page = self._client.call(self._operation, request)
        yield page
        while start := page.get("LastEvaluatedKey"):
            page = self._client.call(self._operation, {**request, "ExclusiveStartKey": start})
            yield page
