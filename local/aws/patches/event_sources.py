"""Patches for event source mappings: moto only stores them, because the Lambda host polls."""

from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaBackend
from moto.dynamodb.models.table import Table
from moto.sqs.models import Queue

from local.aws.patches.replacement import around, replace


def leave_polling_to_the_host() -> None:
    """Let only the Lambda host receive messages.

    Plain moto invokes the mapped function during SendMessage, in a Docker container. Without
    Docker each attempt raises the receive count until the message is in the dead-letter queue.
    """
    for source in (Queue, Table):
        replace(source, "lambda_event_source_mappings", _Empty())


def list_mappings_by_the_functions_name() -> None:
    """List the mappings of a function by name and by ARN alike.

    Plain moto compares the text with that of the creation, which may have been the other of both.
    Source: AWS Lambda API Reference, ListEventSourceMappings, FunctionName.
    """
    around(LambdaBackend, "list_event_source_mappings", _listed)


def _listed(
    original: Callable[..., Any], backend: LambdaBackend, source: str, function: str | None
) -> Any:
    found = original(backend, source, None)
    return [one for one in found if not function or _name(one.function_name) == _name(function)]


def _name(function: str) -> str:
    """Return the name in a function's name or ARN, either with a version or without."""
    return function.rpartition(":function:")[2].partition(":")[0]


class _Empty:
    """A descriptor whose value is always a new empty dict; assignments are ignored."""

    def __get__(self, instance: object, owner: type | None = None) -> dict[str, object]:
        return {}

    def __set__(self, instance: object, value: object) -> None:
        return None
