"""The writes of each DynamoDB partition, which takes 1,000 write units a second.

Sources: Amazon DynamoDB Developer Guide, "Best practices for designing and using partition keys
effectively" (the limit), "Provisioned capacity mode" (a unit is 1 KB, in a transaction half of it),
"Using Global Secondary Indexes in DynamoDB", on data synchronization (a changed key is a deletion
and an insertion). Bursts and adaptive capacity, which may allow more, are not counted on.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from shared.adapters.attributes import item_size
from shared.adapters.items import is_row_key
from tests.simulated.aws.expressions import Item
from tests.simulated.aws.writing import Write
from tests.simulated.names import FLEET

_UNIT = 1024
_IN_A_TRANSACTION = 2
Partition = str
"""A name such as `by_deadline 0`. Those of streams and of rows, which are many, have one each."""


class Partitions:
    """Counts write units by second."""

    def __init__(self) -> None:
        self._units: Counter[tuple[Partition, int]] = Counter()

    def written(self, write: Write, seconds: float) -> None:
        """Count a write that is about to take effect."""
        before, after = write.before(), write.after()
        own = _IN_A_TRANSACTION * max(_units(before), _units(after))
        self._add(_own(write), seconds, own)
        if write.kind == "ConditionCheck":
            return
        for index, keys in write.table.indexes.items():
            for partition, units in _of_index(keys, before, after):
                self._add(f"{index} {partition}", seconds, units)

    def hottest(self) -> Mapping[Partition, int]:
        """Return the most units that each partition took within a second, the hottest first."""
        most: dict[Partition, int] = {}
        for (partition, _), units in self._units.items():
            most[partition] = max(units, most.get(partition, 0))
        return dict(sorted(most.items(), key=lambda one: -one[1]))

    def total(self) -> int:
        """Return the number of units of all partitions."""
        return self._units.total()

    def forget(self) -> None:
        """Reset the counters."""
        self._units.clear()

    def _add(self, partition: Partition, seconds: float, units: int) -> None:
        self._units[partition, int(seconds)] += units


def _own(write: Write) -> Partition:
    """Return the partition of the item itself."""
    key = str(write.key[0][1])
    if write.name == FLEET.events_table:
        return key
    return key if is_row_key(key) else key.partition("/")[0]


def _of_index(
    keys: tuple[str, ...], before: Item | None, after: Item | None
) -> Iterator[tuple[Any, int]]:
    old, new = _place(keys, before), _place(keys, after)
    if old == new:
        if new is not None and before != after:
            yield new[0], max(_units(before), _units(after))
        return
    if old is not None:
        yield old[0], _units(before)
    if new is not None:
        yield new[0], _units(after)


def _place(keys: tuple[str, ...], item: Item | None) -> tuple[str, ...] | None:
    """Return the values of an index's keys, or None if the item is not in the index."""
    if item is None or any(name not in item for name in keys):
        return None
    return tuple(str(next(iter(item[name].values()))) for name in keys)


def _units(item: Item | None) -> int:
    return ceil(item_size(item) / _UNIT) if item else 1
