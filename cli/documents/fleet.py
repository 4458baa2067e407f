"""The documents of the commands on a fleet's settings, queues and webhooks."""

from msgspec import Struct

from cli.backlog import Backlog
from shared.ports import Unrecorded


class ListedClass(Struct, frozen=True, kw_only=True):
    """A runner class and its size.

    Attributes:
        class_name: The name that a label `class:<name>` asks for.
        capacity: The capacity providers that are tried, in order.
    """

    class_name: str
    cpu: int
    memory: int
    capacity: tuple[str, ...]


class ClassList(Struct, frozen=True, kw_only=True):
    """The runner classes, the smallest first.

    Attributes:
        classes: The classes, by CPU, memory and name.
    """

    classes: tuple[ListedClass, ...]


class QueuesDocument(Backlog, frozen=True, kw_only=True):
    """All queues, and the oldest dead letters and failed events.

    Attributes:
        complete: Whether all failed messages are there, by the approximate counts of SQS.
    """

    complete: bool


class MovedLetter(Struct, frozen=True, kw_only=True):
    """A dead letter.

    Attributes:
        moved: Whether it was moved back; false with --dry-run.
    """

    consumer: str
    stream: str
    message_id: str
    event_id: str | None
    receives: int
    moved: bool


class RedriveDocument(Struct, frozen=True, kw_only=True):
    """The dead letters that were moved back to their queues.

    Attributes:
        moved: The letters, each once it was moved.
        complete: False if --limit may have left some in a queue.
    """

    moved: tuple[MovedLetter, ...] = ()
    complete: bool


class WebhookList(Struct, frozen=True, kw_only=True):
    """The webhooks that were ignored or refused, the oldest first.

    Attributes:
        webhooks: The deliveries.
    """

    webhooks: tuple[Unrecorded, ...] = ()
    complete: bool
