"""Event source mappings: stored, but never polled by moto; the Lambda host polls by itself."""

from moto.dynamodb.models.table import Table
from moto.sqs.models import Queue

from local.aws.patches.replacement import replace


def leave_polling_to_the_host() -> None:
    """A message sent is received by the host alone.

    Plain moto invokes the mapped function within the send, in a Docker container; where there is
    no Docker, that raises the receive count until the message is in the dead-letter queue.
    """
    for source in (Queue, Table):
        replace(source, "lambda_event_source_mappings", _Empty())


class _Empty:
    """An attribute that is always a fresh empty dict, whatever is put into it."""

    def __get__(self, instance: object, owner: type | None = None) -> dict[str, object]:
        return {}

    def __set__(self, instance: object, value: object) -> None:
        return None
