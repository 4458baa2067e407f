"""Validates each call of a simulated client by `local.aws.validation`, as the local stack does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from botocore import xform_name

from local.aws.validation.judge import judge_of
from local.aws.validation.model import service_model
from local.aws.validation.record import Listener, Violation, Violations
from local.aws.validation.rules.rule import NOTHING
from tests.simulated.aws.errors import error

_OUTSIDE = Violations()
_CODES = {
    "codebuild": "InvalidInputException",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "s3": "InvalidArgument",
    "sqs": "InvalidParameterValue",
}
_REPEATED = frozenset(
    {
        "BatchGetItem",
        "GetItem",
        "GetParameters",
        "HeadObject",
        "ListTasks",
        "Query",
        "ReceiveMessage",
    }
)
"""Operations that are often called with the same parameters, whose results are cached. A result
depends only on the parameters and on the tables' keys, which do not change."""
_MOST_REMEMBERED = 100_000

_tell: list[Listener] = [_OUTSIDE.add]

T = TypeVar("T")


@contextmanager
def told(listener: Listener) -> Iterator[None]:
    """Pass violations to a listener instead of the process's record."""
    _tell.append(listener)
    try:
        yield
    finally:
        _tell.pop()


def judged(service: str) -> Callable[[type[T]], type[T]]:
    """Decorate a client class so that calls of the service's operations are validated first.

    The attribute `known` of the client, if any, has the state on which rules depend.
    """
    operations = {xform_name(one): one for one in service_model(service).operation_names}

    def decorate(client: type[T]) -> type[T]:
        for name in operations.keys() & set(dir(client)):
            method = getattr(client, name)
            if not hasattr(method, "is_judged"):
                setattr(client, name, _judged(method, service, operations[name]))
        return client

    return decorate


def _judged(method: Callable[..., Any], service: str, operation: str) -> Callable[..., Any]:
    code = _CODES.get(service, "ValidationException")
    verdict: Any = None
    is_repeated = operation in _REPEATED

    @wraps(method)
    def call(client: Any, **asked: Any) -> Any:
        nonlocal verdict
        if is_repeated:
            passed = vars(client).setdefault("_passed", set())
            text = f"{operation}{asked}"
            if text in passed:
                return method(client, **asked)
        verdict = verdict or judge_of(service, operation)
        problems = verdict(asked, getattr(client, "known", NOTHING))
        if is_repeated and not problems and len(passed) < _MOST_REMEMBERED:
            passed.add(text)
        if problems:
            violation = Violation(f"{service}.{operation}", tuple(problems), "a simulated client")
            _tell[-1](violation)
            raise error(problems[0].code or code, str(violation), operation)
        return method(client, **asked)

    call.is_judged = True
    return call
