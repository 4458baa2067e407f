"""HTTP responses in GitHub's format, and the exceptions that become error responses."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from werkzeug.wrappers import Request, Response

_DOCS = "https://docs.github.com/rest"
_PAGE = 30

T = TypeVar("T")


class Refusal(Exception):
    """An error response.

    Args:
        status: HTTP status.
        message: Message in GitHub's words.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


_MOST_PER_PAGE = 100


def number(arguments: Mapping[str, str], name: str, default: int) -> int:
    """Return a number of the query, at least 1; a page has at most 100 items.

    Raises:
        Refusal: The value is not a number.
    """
    text = arguments.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(422, f"Invalid request: {name} must be a number.")
    most = _MOST_PER_PAGE if name == "per_page" else 1 << 62
    return min(max(1, int(text)), most)


def answered(body: Any, status: int = 200) -> Response:
    """Return a JSON response."""
    encoded = msgspec.json.encode(body)
    return Response(encoded, status, content_type="application/json; charset=utf-8")


def refused(status: int, message: str, **headers: str) -> Response:
    """Return an error in GitHub's format. Header names use `_` for `-`, such as `retry_after`."""
    answer = answered({"message": message, "documentation_url": _DOCS}, status)
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    return answer


def linked(answer: Response, request: Request, page: int, last: int) -> Response:
    """Return the response with links to the other pages, if any.

    Source: GitHub Docs, "Using pagination in the REST API".
    """
    before = {"prev": page - 1, "first": 1} if page > 1 else {}
    after = {"next": page + 1, "last": last} if page < last else {}
    links = [f'<{_url(request, at)}>; rel="{name}"' for name, at in (before | after).items()]
    if links:
        answer.headers["link"] = ", ".join(links)
    return answer


def paged(
    request: Request, name: str, found: Sequence[T], shown_as: Callable[[T], object]
) -> Response:
    """Return the requested page of a listing, whose items have that name."""
    size, page = (
        number(request.args, name, default) for name, default in (("per_page", _PAGE), ("page", 1))
    )
    shown = found[(page - 1) * size : page * size]
    answer = answered({"total_count": len(found), name: [shown_as(one) for one in shown]})
    return linked(answer, request, page, -(-len(found) // size))


def _url(request: Request, page: int) -> str:
    return f"{request.base_url}?{urlencode({**request.args, 'page': page})}"


def asked_object(request: Request) -> dict[str, Any]:
    """Return the body, which must be a JSON object.

    Raises:
        Refusal: The body is not a JSON object.
    """
    try:
        asked = json.loads(request.get_data())
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(asked, dict):
        raise Refusal(422, "Invalid request: an object is expected.")
    return asked
