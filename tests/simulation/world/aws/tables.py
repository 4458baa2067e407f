"""A table of DynamoDB's: its items by key, as they are and as they were, and pages of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from tests.simulation.world.aws.expressions import ExpressionError, Item, plain

PAGE = 40
"""Items in a page of a query: few, so that reading a long stream takes several."""
SCANNED = 1000
"""Items in a page of a scan, which only tools do."""

Key = tuple[Any, ...]


class Table:
    """One table and its indexes: names of keys, and the items by key."""

    def __init__(self, keys: tuple[str, ...], indexes: dict[str, tuple[str, ...]]) -> None:
        self.keys = keys
        self.indexes = indexes
        self.partitions: dict[Any, dict[Key, Item]] = {}
        self.changes: list[tuple[int, Key, Item | None]] = []
        self.follow: Callable[[Item], None] = lambda _item: None
        self.changed: Callable[[Item], None] = lambda _item: None

    def key(self, item: Item) -> Key:
        """An item's primary key, which it must have."""
        missing = [name for name in self.keys if name not in item]
        if missing:
            raise ExpressionError(f"missing the key {missing[0]} in the item")
        return tuple(plain(item[name]) for name in self.keys)

    def get(self, key: Key) -> Item | None:
        """The item of that key."""
        return self.partitions.get(key[0], {}).get(key)

    def put(self, item: Item | None, key: Key, micros: int) -> None:
        """Store the item in its place, or nothing."""
        self.changes.append((micros, key, self.get(key)))
        partition = self.partitions.setdefault(key[0], {})
        if item is None:
            partition.pop(key, None)
        else:
            partition[key] = dict(item)

    def items(self) -> Iterator[Item]:
        """Every item."""
        for partition in self.partitions.values():
            yield from partition.values()

    def as_of(self, micros: int) -> list[Item]:
        """Every item as it was at that time."""
        if not self.changes or self.changes[-1][0] <= micros:
            return list(self.items())
        then: dict[Key, Item | None] = {}
        for changed, key, before in reversed(self.changes):
            if changed <= micros:
                break
            then[key] = before
        now = ((self.key(item), item) for item in self.items())
        seen = {key: item for key, item in now if key not in then}
        return [item for item in (seen | then).values() if item is not None]

    def forget(self, before: int) -> None:
        """Drop what nobody reads any more."""
        if len(self.changes) > 1000 and self.changes[500][0] < before:
            self.changes = [one for one in self.changes if one[0] >= before]


@dataclass(frozen=True)
class Order:
    """By which keys items are sorted: those of the index, then those of the table.

    Attributes:
        same: So many of them are the same in all items, as the partition's is in a query.
    """

    keys: tuple[str, ...]
    forward: bool = True
    same: int = 0

    def place(self, item: Item) -> list[Any]:
        """What places an item before or after another."""
        return [plain(item[name]) for name in self.keys[self.same :]]


@dataclass(frozen=True)
class Page:
    """At most so many items, after the one that a page before ended with."""

    order: Order
    limit: int
    start: Item | None = None

    def of(self, items: Iterable[Item]) -> tuple[list[Item], Item | None]:
        """The items of the page, and the key to go on after, if there are more."""
        order = self.order
        placed = sorted(((order.place(one), one) for one in items), key=itemgetter(0))
        first = 0
        if self.start is not None and order.forward:
            first = bisect_right(placed, order.place(self.start), key=itemgetter(0))
        elif self.start is not None:
            placed = placed[: bisect_left(placed, order.place(self.start), key=itemgetter(0))]
        if not order.forward:
            placed.reverse()
        page = [one for _, one in placed[first : first + self.limit]]
        more = len(placed) > first + self.limit
        return page, {name: page[-1][name] for name in order.keys} if more else None
