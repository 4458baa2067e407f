"""A WSGI middleware that forwards the requests for DynamoDB to another server, unchanged."""

from collections.abc import Iterable
from typing import Any

import urllib3

from local.aws.calls import WsgiApp

DYNAMODB = ("DynamoDB_20120810.", "DynamoDBStreams_20120810.")
"""Prefixes of the header `X-Amz-Target` for DynamoDB and DynamoDB Streams. Source: Amazon DynamoDB
API Reference, "Making requests"; botocore's service models, `targetPrefix`."""

_TIMEOUT_SECONDS = 60
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_PASSED = {"HTTP_X_AMZ_TARGET": "x-amz-target", "HTTP_AUTHORIZATION": "authorization"}


class Forwarding:
    """A WSGI application that forwards DynamoDB's requests to `url` and others to `app`."""

    def __init__(self, app: WsgiApp, url: str) -> None:
        self._app = app
        self._url = url
        self._http = urllib3.PoolManager(maxsize=50, retries=False, timeout=_TIMEOUT_SECONDS)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Forward the request to the other server, or pass it to the application."""
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith(DYNAMODB):
            return self._app(environ, start_response)
        answer = self._http.request(
            "POST",
            self._url,
            body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            headers=_headers(environ),
            decode_content=False,
        )
        headers = [
            (name, value)
            for name, value in answer.headers.items()
            if name.lower() not in _HOP_BY_HOP
        ]
        start_response(f"{answer.status} {answer.reason}", headers)
        return [answer.data]

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    passed = {name: environ[key] for key, name in _PASSED.items() if key in environ}
    return {"content-type": environ.get("CONTENT_TYPE", ""), **passed}
