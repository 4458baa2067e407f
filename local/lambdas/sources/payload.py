"""Converts HTTP requests to events and results to HTTP responses, in payload format 2.0.

Source: Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs".
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from local.lambdas.function import ACCOUNT, REGION, Result

Headers = tuple[tuple[str, str], ...]

_TEXT_TYPES = {"application/json", "application/xml", "application/javascript"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"


@dataclass(frozen=True, kw_only=True)
class Response:
    """An HTTP response."""

    status: int
    headers: Headers
    body: bytes


def event(request: Request, route: str, request_id: str, now: datetime) -> dict[str, Any]:
    """Return the event for the function of `route`."""
    headers = _joined((name.lower(), value) for name, value in request.headers)
    cookies = headers.pop("cookie", None)
    text = _text(request.body, headers.get("content-type", ""))
    payload: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _context(request, route, request_id, now),
        "isBase64Encoded": bool(request.body) and text is None,
    }
    if cookies is not None:
        payload["cookies"] = [one.strip() for one in cookies.split(";")]
    if request.query:
        payload["queryStringParameters"] = _joined(parse_qsl(request.query, keep_blank_values=True))
    if request.body:
        payload["body"] = base64.b64encode(request.body).decode() if text is None else text
    return payload


def response(result: Result) -> Response:
    """Return the response for a result. A failed or malformed result is a 500 without details."""
    if result.error is not None:
        return message(500, "Internal Server Error")
    payload = result.payload
    if not (isinstance(payload, dict) and "statusCode" in payload):
        body = payload if isinstance(payload, str) else json.dumps(payload)
        return Response(status=200, headers=_JSON, body=body.encode())
    try:
        return _told(payload)
    except (TypeError, ValueError, AttributeError, binascii.Error):
        return message(500, "Internal Server Error")


def message(status: int, text: str) -> Response:
    """Return a response of API Gateway."""
    return Response(status=status, headers=_JSON, body=json.dumps({"message": text}).encode())


_JSON: Headers = (("content-type", "application/json"),)


def _told(payload: dict[str, Any]) -> Response:
    """Return the response in a function's payload that has a status code."""
    headers = {str(k).lower(): str(v) for k, v in (payload.get("headers") or {}).items()}
    headers.setdefault("content-type", "text/plain;charset=UTF-8")
    headers.pop("content-length", None)
    cookies = tuple(("set-cookie", str(cookie)) for cookie in payload.get("cookies") or ())
    body = payload.get("body") or ""
    raw = base64.b64decode(body) if payload.get("isBase64Encoded") else body.encode()
    status = int(payload["statusCode"])
    if not 100 <= status <= 599:  # noqa: PLR2004  # the range of HTTP's status codes
        raise ValueError(f"no HTTP status: {status}")
    return Response(status=status, headers=(*headers.items(), *cookies), body=raw)


def _context(request: Request, route: str, request_id: str, now: datetime) -> dict[str, Any]:
    domain = f"local.execute-api.{REGION}.amazonaws.com"
    headers = {name.lower(): value for name, value in request.headers}
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": domain,
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": route,
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S %z"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the values of each name with commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _text(body: bytes, content_type: str) -> str | None:
    """Return the body as text; None if it is binary and must be encoded in base64."""
    kind = content_type.partition(";")[0].strip().lower()
    if not (kind.startswith("text/") or kind in _TEXT_TYPES):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
