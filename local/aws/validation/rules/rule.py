"""The types of documented rules and of the service state on which rules depend."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Params = Mapping[str, Any]


@dataclass(frozen=True)
class TableKeys:
    """The keys of a DynamoDB table.

    Attributes:
        primary: Type (`S`, `N` or `B`) by name: the partition key, then the sort key, if any.
        indexed: Type and index of each attribute that is an index key, by name.
        indexes: Names of the keys by index; the partition key is first.
    """

    primary: Mapping[str, str]
    indexed: Mapping[str, tuple[str, str]]
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class QueueKind:
    """The properties of an SQS queue on which rules depend."""

    fifo: bool
    content_based: bool = False


class Known(Protocol):
    """The state on which rules depend: an emulator's, or derived from earlier requests."""

    def table(self, name: str) -> TableKeys | None:
        """Return the keys of a table, or None if the table is not known."""
        ...

    def queue(self, url: str) -> QueueKind | None:
        """Return the kind of a queue, or None if the queue is not known."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of AWS's documentation that the service model does not contain.

    Attributes:
        name: Name of the rule, beginning with the service.
        operations: The operations to which it applies, such as `sqs.SendMessage`.
        check: Yields the problems of a request: path of the parameter, problem, what is allowed.
        source: Document and section.
        code: Error code of AWS's response; empty for the service's code for invalid parameters.
    """

    name: str
    operations: tuple[str, ...]
    check: Callable[[Params, Known], Iterable[str]]
    source: str
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A documented rule that depends on the whole state of a service, so the emulators enforce it.

    A client that breaks it is not invalid: a retry that conflicts gets an error response.
    """

    name: str
    operations: tuple[str, ...]
    source: str
    code: str


class Nothing:
    """Implements `Known` without any state: only the suffix `.fifo` identifies a FIFO queue."""

    def table(self, name: str) -> TableKeys | None:  # noqa: ARG002 - the protocol's argument
        """See `Known.table`."""
        return None

    def queue(self, url: str) -> QueueKind | None:
        """See `Known.queue`. It assumes no content-based deduplication, which is stricter."""
        return QueueKind(fifo=url.endswith(".fifo"))


NOTHING = Nothing()
