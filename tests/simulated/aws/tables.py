"""A DynamoDB table: current and recent items by key and by index, in pages."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

from sortedcontainers import SortedDict

from tests.simulated.aws.expressions import ExpressionError, Item, plain

PAGE = 40
"""Items per page of a query: few, so that a long stream has several pages."""
SCANNED = 1000
"""Items per page of a scan, which only tools use."""

Key = tuple[Any, ...]
Keep = Callable[[Item], bool]


class Index:
    """The table or an index: its items by partition and in order.

    Args:
        own: Keys of the index: partition key, then sort key.
        keys: Keys of the table, which distinguish items with equal index keys.
    """

    def __init__(self, own: tuple[str, ...], keys: tuple[str, ...]) -> None:
        self.own = own
        self.names = tuple(dict.fromkeys((*own, *keys)))
        self._partitions: dict[Any, SortedDict] = {}

    def add(self, item: Item) -> None:
        """Add an item, if it has the keys."""
        if all(name in item for name in self.own):
            value = plain(item[self.own[0]])
            if value not in self._partitions:
                self._partitions[value] = SortedDict()
            self._partitions[value][self._place(item)] = item

    def remove(self, item: Item) -> None:
        """Remove an item."""
        if all(name in item for name in self.own):
            del self._partitions[plain(item[self.own[0]])][self._place(item)]

    def page(
        self, value: Any, keep: Keep, *, forward: bool, limit: int, start: Item | None
    ) -> tuple[list[Item], Item | None]:
        """Return up to `limit` items of a partition after `start`, and the last key if more exist.

        The items of a key condition are a range, so the search stops at its end.
        """
        found: list[Item] = []
        for item in self._from(value, start, forward=forward):
            if keep(item):
                if len(found) == limit:
                    return found, {name: found[-1][name] for name in self.names}
                found.append(item)
            elif found:
                break
        return found, None

    def _from(self, value: Any, start: Item | None, *, forward: bool) -> Iterator[Item]:
        partition = self._partitions.get(value)
        if partition is None:
            return
        first = self._place(start) if start is not None else None
        if first is None:
            places = partition.irange(reverse=not forward)
        elif forward:
            places = partition.irange(minimum=first, inclusive=(False, False))
        else:
            places = partition.irange(maximum=first, inclusive=(False, False), reverse=True)
        for place in places:
            yield partition[place]

    def _place(self, item: Item) -> Key:
        return tuple(plain(item[name]) for name in self.names[1:])


class Table:
    """One table and its indexes."""

    def __init__(self, keys: tuple[str, ...], indexes: dict[str, tuple[str, ...]]) -> None:
        self.keys = keys
        self.indexes = indexes
        self.changes: list[tuple[int, Key, Item | None]] = []
        self.follow: Callable[[Item], None] = lambda _item: None
        self.changed: Callable[[Item], None] = lambda _item: None
        self._items: dict[Key, Item] = {}
        self._sorted: dict[str | None, Index] = {None: Index(keys, keys)}
        self._sorted |= {name: Index(own, keys) for name, own in indexes.items()}

    def key(self, item: Item) -> Key:
        """Return an item's primary key, which is required."""
        missing = [name for name in self.keys if name not in item]
        if missing:
            raise ExpressionError(f"missing the key {missing[0]} in the item")
        return tuple(plain(item[name]) for name in self.keys)

    def only_key(self, key: Item) -> Key:
        """Return the primary key of a request, which must have no other attribute."""
        if key.keys() != set(self.keys):
            raise ExpressionError("The provided key element does not match the schema")
        return self.key(key)

    def get(self, key: Key) -> Item | None:
        """Return the item with that key."""
        return self._items.get(key)

    def put(self, item: Item | None, key: Key, micros: int) -> None:
        """Store the item; None deletes it."""
        before = self._items.get(key)
        self.changes.append((micros, key, before))
        for index in self._sorted.values():
            if before is not None:
                index.remove(before)
        if item is None:
            self._items.pop(key, None)
            return
        self._items[key] = after = dict(item)
        for index in self._sorted.values():
            index.add(after)

    def items(self) -> Iterator[Item]:
        """Iterate over all items."""
        yield from self._items.values()

    def page(
        self, limit: int, start: Item | None, segment: int = 0, segments: int = 1
    ) -> tuple[list[Item], Item | None]:
        """Return up to `limit` items after `start`, and the last key if there are more.

        A partition is in one of the segments as a whole.
        """
        keys = sorted(
            key for key in self._items if crc32(repr(key[0]).encode()) % segments == segment
        )
        first = bisect_right(keys, self.key(start)) if start is not None else 0
        page = [self._items[key] for key in keys[first : first + limit]]
        more = len(keys) > first + limit
        return page, {name: page[-1][name] for name in self.keys} if more else None

    def index(self, name: str | None, micros: int) -> Index:
        """Return an index in its state at that time; without a name, the current table."""
        now = self._sorted[name]
        if name is None or not self.changes or self.changes[-1][0] <= micros:
            return now
        then = Index(now.own, self.keys)
        for item in self._as_of(micros):
            then.add(item)
        return then

    def _as_of(self, micros: int) -> list[Item]:
        """Return all items in their state at that time."""
        then: dict[Key, Item | None] = {}
        for changed, key, before in reversed(self.changes):
            if changed <= micros:
                break
            then[key] = before
        seen = {key: item for key, item in self._items.items() if key not in then}
        return [item for item in (seen | then).values() if item is not None]

    def forget(self, before: int) -> None:
        """Drop old states that can no longer be read."""
        if len(self.changes) > 1000 and self.changes[500][0] < before:
            self.changes = [one for one in self.changes if one[0] >= before]
