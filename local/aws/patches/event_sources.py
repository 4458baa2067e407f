"""Patch for event source mappings: moto only stores them, because the Lambda host polls."""

from moto.dynamodb.models.table import Table
from moto.sqs.models import Queue

from local.aws.patches.replacement import replace


def leave_polling_to_the_host() -> None:
    """Let only the Lambda host receive messages.

    Plain moto invokes the mapped function during SendMessage, in a Docker container. Without
    Docker each attempt raises the receive count until the message is in the dead-letter queue.
    """
    for source in (Queue, Table):
        replace(source, "lambda_event_source_mappings", _Empty())


class _Empty:
    """A descriptor whose value is always a new empty dict; assignments are ignored."""

    def __get__(self, instance: object, owner: type | None = None) -> dict[str, object]:
        return {}

    def __set__(self, instance: object, value: object) -> None:
        return None
