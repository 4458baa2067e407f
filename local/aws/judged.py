"""A WSGI middleware that rejects and records the requests that AWS would reject.

`validation` decides whether a request is valid. Rules that depend on tables and queues read them
from moto's state.
"""

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore.model import OperationNotFoundError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.sqs.models import sqs_backends

from local.aws.requests import Asked, Unreadable, read
from local.aws.validation import Problem, judge
from local.aws.validation.learned import queue_kind, table_keys
from local.aws.validation.record import Violation, Violations
from local.aws.validation.rules.rule import QueueKind, TableKeys

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

_LOG = logging.getLogger(__name__)
_CODES = {
    "codebuild": "InvalidInputException",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "lambda": "InvalidParameterValueException",
    "s3": "InvalidArgument",
    "sqs": "InvalidParameterValue",
}
"""Error code for an invalid parameter by service, if it is not `ValidationException`."""
UNJUDGED: dict[str, str] = {}
"""Operations that are not validated, with the reason."""


class JudgedApp:
    """Validates requests before it passes them to another application.

    Attributes:
        violations: The requests that AWS would reject, and those that can't be validated.
    """

    def __init__(self, app: WsgiApp, violations: Violations | None = None) -> None:
        self.violations = Violations() if violations is None else violations
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Reject the request, or pass it to the application."""
        try:
            asked = read(environ)
            problems = _judged(asked) if asked else []
        except Unreadable as error:
            if error.operation not in UNJUDGED:
                self._remember(environ, error.operation, Problem("can't be judged", str(error)))
            return self._app(environ, start_response)
        if asked is None or not problems:
            return self._app(environ, start_response)
        self._remember(environ, f"{asked.service}.{asked.operation}", *problems)
        return _refuse(asked, problems[0], start_response)

    def _remember(self, environ: dict[str, Any], operation: str, *problems: Problem) -> None:
        violation = Violation(operation, problems, environ.get("HTTP_USER_AGENT", ""))
        self.violations.add(violation)
        _LOG.warning("%s", violation)


def _judged(asked: Asked) -> list[Problem]:
    try:
        return judge(asked.service, asked.operation, asked.params, _MotoState(asked.region))
    except OperationNotFoundError as error:
        raise Unreadable(f"{asked.service}.{asked.operation}", error) from error


class _MotoState:
    """Implements `Known` with moto's state."""

    def __init__(self, region: str) -> None:
        self._region = region

    def table(self, name: str) -> TableKeys | None:
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][self._region].tables
        found = tables.get(name.rpartition("/")[2])
        return None if found is None else _keys_of(found)

    def queue(self, url: str) -> QueueKind | None:
        queues = sqs_backends[DEFAULT_ACCOUNT_ID][self._region].queues
        name = url.rpartition("/")[2]
        found = queues.get(name)
        if found is None:
            return None
        based = getattr(found, "content_based_deduplication", False)
        return queue_kind(name, {"ContentBasedDeduplication": based})


def _keys_of(table: Table) -> TableKeys:
    """Return the keys of one of moto's tables."""
    indexes = [{"IndexName": one.name, "KeySchema": one.schema} for one in table.all_indexes()]
    return table_keys(
        {
            "AttributeDefinitions": table.attr,
            "KeySchema": table.schema,
            "GlobalSecondaryIndexes": indexes,
        }
    )


def _refuse(asked: Asked, problem: Problem, start_response: Any) -> Iterable[bytes]:
    """Return the error response of AWS in the request's protocol."""
    code = problem.code or _CODES.get(asked.service, "ValidationException")
    body, kind = _body(asked.protocol, code, str(problem))
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("x-amzn-ErrorType", code),
        ("x-amzn-RequestId", str(uuid4())),
    ]
    start_response("400 Bad Request", headers)
    return [body]


def _body(protocol: str, code: str, message: str) -> tuple[bytes, str]:
    """Return the body of the error response and its content type."""
    if protocol in ("json", "rest-json"):
        answer = {"__type": code, "message": message, "Message": message}
        return json.dumps(answer).encode(), "application/x-amz-json-1.0"
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    match protocol:
        case "ec2":
            text = f"<Response><Errors><Error>{error}</Error></Errors></Response>"
        case "rest-xml":
            text = f"<Error>{error}</Error>"
        case _:
            text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
    return text.encode(), "text/xml"
