"""Refuses pages of HTML where AWS should have answered, as an endpoint or a proxy may send.

botocore makes an answer of a JSON service without any field of such a page, and a parser's error
where XML is expected.
"""

from typing import Any

from botocore.exceptions import BotoCoreError

EVENT = "before-parse"
"""botocore's event before an answer is parsed, with its status and body."""
_BEGINS = (b"<!doctype html", b"<html")
_LONGEST = 64
"""Bytes that are looked at."""


class NotAwsError(BotoCoreError):
    """An endpoint answered with a page for people, so it is not one of AWS."""

    fmt = "What answered {operation} is not AWS: it sent a page of HTML"


def refuse_pages(operation_model: Any, response_dict: Any, **_: object) -> None:
    """Handle `EVENT`. Pages of errors are left to botocore, which tries again.

    Raises:
        NotAwsError: the answer is a page.
    """
    body = response_dict["body"]
    is_page = isinstance(body, bytes) and body[:_LONGEST].lstrip().lower().startswith(_BEGINS)
    if is_page and response_dict["status_code"] == 200:  # noqa: PLR2004 - HTTP's OK
        raise NotAwsError(operation=operation_model.name)
