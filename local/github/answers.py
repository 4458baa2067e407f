"""Answers in GitHub's shapes, and the errors that become answers."""

import json
from typing import Any

from werkzeug.wrappers import Response

_DOCS = "https://docs.github.com/rest"


class Refusal(Exception):
    """An answer that is no success.

    Args:
        status: Of HTTP.
        message: As GitHub would word it.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def answered(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")


def refused(status: int, message: str, **headers: str) -> Response:
    """An error as GitHub's are; further headers with `_` for `-`, such as `retry_after`."""
    answer = answered({"message": message, "documentation_url": _DOCS}, status)
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    return answer
