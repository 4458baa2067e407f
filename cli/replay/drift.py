"""How the runners table differs from the log: one `Drift` for each row or item, and their count."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from msgspec import Struct


class Kind(StrEnum):
    """How a stored row differs from the log."""

    DIFFERS = "differs"
    """The stored row has other values than the log gives."""
    MISSING = "missing"
    """The log gives a row that is not stored."""
    UNKNOWN = "unknown to the log"
    """A row is stored, but the log has no such runner."""
    UNREADABLE = "unreadable"
    """A stored row, event or part of the counter can't be read."""


class Repair(StrEnum):
    """What a rebuild does about a drift."""

    WRITE = "write"
    DELETE = "delete"
    NONE = "none"
    """It can't be repaired: it is left unchanged."""


class FieldDifference(Struct, frozen=True, kw_only=True):
    """One field of a row that differs.

    Attributes:
        field: The field's name.
        log: Its value by the log.
        table: Its value in the table.
    """

    field: str
    log: Any
    table: Any


class Drift(Struct, frozen=True, kw_only=True):
    """A row that differs between table and log, or an item that can't be read.

    Attributes:
        key: A runner's id, an event's stream and number, a part of the counter, or "(slots)" for
            the whole counter.
        kind: How it differs.
        differences: The fields that differ, if the row is stored and can be read.
        problem: Why it can't be read, or "".
        repairable: Whether a rebuild repairs it; after one, whether it did.
    """

    key: str
    kind: Kind
    differences: tuple[FieldDifference, ...] = ()
    problem: str = ""
    repairable: bool = True

    @property
    def repair(self) -> Repair:
        """What a rebuild does about it."""
        if not self.repairable:
            return Repair.NONE
        return Repair.DELETE if self.kind is Kind.UNKNOWN else Repair.WRITE


@dataclass
class Tally:
    """The progress of a comparison.

    Attributes:
        repairs: The number of drifts by what a rebuild does about them.
        lost: The keys that no rebuild can repair.
        seen: Called after each stream and each row.
    """

    streams: int = 0
    rows: int = 0
    drifting: int = 0
    repairs: Counter[Repair] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    seen: Callable[[], None] = field(default=lambda: None)

    def add(self, found: Drift) -> None:
        """Count one drift."""
        self.drifting += 1
        self.repairs[found.repair] += 1
        self.lost += [] if found.repairable else [found.key]
