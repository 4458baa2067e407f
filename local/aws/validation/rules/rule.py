"""What a documented rule is, and what rules may know of the service's state. No rule is here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Params = Mapping[str, Any]


@dataclass(frozen=True)
class TableKeys:
    """The keys of a table of DynamoDB.

    Attributes:
        primary: Types (`S`, `N` or `B`) by name: the partition key, then the sort key if any.
        indexed: By name, the type and the index, of attributes that are keys of indexes.
        indexes: The keys' names by index; the partition key comes first.
    """

    primary: Mapping[str, str]
    indexed: Mapping[str, tuple[str, str]]
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class QueueKind:
    """What rules ask of a queue of SQS."""

    fifo: bool
    content_based: bool = False


class Known(Protocol):
    """The state that rules depend on: an emulator's, or what was learned from earlier requests."""

    def table(self, name: str) -> TableKeys | None:
        """The keys of a table, or None if nothing is known of it."""
        ...

    def queue(self, url: str) -> QueueKind | None:
        """The kind of a queue, or None if nothing is known of it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of AWS's documentation that the service's model does not hold.

    Attributes:
        name: Begins with the service's name.
        operations: Such as `sqs.SendMessage`.
        check: What is wrong with a request: the parameter's path, its problem, what is allowed.
        source: The document and its section.
        code: Of AWS's answer; empty: the service's code for invalid parameters.
    """

    name: str
    operations: tuple[str, ...]
    check: Callable[[Params, Known], Iterable[str]]
    source: str
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A documented rule that needs a service's whole state, so that the emulators keep it.

    A client may break it without being wrong: a retry that conflicts is answered, not a violation.
    """

    name: str
    operations: tuple[str, ...]
    source: str
    code: str


class Nothing:
    """Nothing is known but what a name tells: a FIFO queue's ends in `.fifo`."""

    def table(self, name: str) -> TableKeys | None:  # noqa: ARG002 - the protocol's argument
        """See `Known.table`."""
        return None

    def queue(self, url: str) -> QueueKind | None:
        """See `Known.queue`. Content-based deduplication is not assumed: that is stricter."""
        return QueueKind(fifo=url.endswith(".fifo"))


NOTHING = Nothing()
