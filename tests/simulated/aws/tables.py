"""A table of DynamoDB's: its items by key and by index, as they are and as they were, and pages."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any

from sortedcontainers import SortedDict

from tests.simulated.aws.expressions import ExpressionError, Item, plain

PAGE = 40
"""Items in a page of a query: few, so that reading a long stream takes several."""
SCANNED = 1000
"""Items in a page of a scan, which only tools do."""

Key = tuple[Any, ...]
Keep = Callable[[Item], bool]


class Index:
    """Items that have all of its keys, by partition and in order: the table's own, or an index.

    Args:
        own: The index's keys: partition, then sort.
        keys: The table's, which tell items of the same place apart.
    """

    def __init__(self, own: tuple[str, ...], keys: tuple[str, ...]) -> None:
        self.own = own
        self.names = tuple(dict.fromkeys((*own, *keys)))
        self._partitions: dict[Any, SortedDict] = {}

    def add(self, item: Item) -> None:
        """Put an item where it belongs, if it has the keys."""
        if all(name in item for name in self.own):
            value = plain(item[self.own[0]])
            if value not in self._partitions:
                self._partitions[value] = SortedDict()
            self._partitions[value][self._place(item)] = item

    def remove(self, item: Item) -> None:
        """Take an item out."""
        if all(name in item for name in self.own):
            del self._partitions[plain(item[self.own[0]])][self._place(item)]

    def page(
        self, value: Any, keep: Keep, *, forward: bool, limit: int, start: Item | None
    ) -> tuple[list[Item], Item | None]:
        """At most so many items of a partition after `start`, and the key to go on after, if any.

        What a key condition keeps is a range, so that nothing is looked at beyond its end.
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
    """One table and its indexes: names of keys, and the items by key."""

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
        """An item's primary key, which it must have."""
        missing = [name for name in self.keys if name not in item]
        if missing:
            raise ExpressionError(f"missing the key {missing[0]} in the item")
        return tuple(plain(item[name]) for name in self.keys)

    def only_key(self, key: Item) -> Key:
        """A primary key by which an item is asked for: that and nothing else."""
        if key.keys() != set(self.keys):
            raise ExpressionError("The provided key element does not match the schema")
        return self.key(key)

    def get(self, key: Key) -> Item | None:
        """The item of that key."""
        return self._items.get(key)

    def put(self, item: Item | None, key: Key, micros: int) -> None:
        """Store the item in its place, or nothing."""
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
        """Every item."""
        yield from self._items.values()

    def page(self, limit: int, start: Item | None) -> tuple[list[Item], Item | None]:
        """At most so many items after `start`, and the key to go on after, if there are more."""
        keys = sorted(self._items)
        first = bisect_right(keys, self.key(start)) if start is not None else 0
        page = [self._items[key] for key in keys[first : first + limit]]
        more = len(keys) > first + limit
        return page, {name: page[-1][name] for name in self.keys} if more else None

    def index(self, name: str | None, micros: int) -> Index:
        """An index as it was at that time; without a name, the table itself, as it is."""
        now = self._sorted[name]
        if name is None or not self.changes or self.changes[-1][0] <= micros:
            return now
        then = Index(now.own, self.keys)
        for item in self._as_of(micros):
            then.add(item)
        return then

    def _as_of(self, micros: int) -> list[Item]:
        """Every item as it was at that time."""
        then: dict[Key, Item | None] = {}
        for changed, key, before in reversed(self.changes):
            if changed <= micros:
                break
            then[key] = before
        seen = {key: item for key, item in self._items.items() if key not in then}
        return [item for item in (seen | then).values() if item is not None]

    def forget(self, before: int) -> None:
        """Drop what nobody reads any more."""
        if len(self.changes) > 1000 and self.changes[500][0] < before:
            self.changes = [one for one in self.changes if one[0] >= before]
