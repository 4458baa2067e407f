"""Compares the slot counter with the sum over all streams, and repairs it."""

from collections.abc import Iterator

from cli.replay.drift import Drift, FieldDifference, Kind
from shared.domain.slot.counter import Shard, Slots
from shared.ports import RunnersTable

Shards = tuple[Shard, ...]


def added(one: Shards, other: Shards) -> Shards:
    """Return the sum of two counters, shard by shard."""
    pairs = zip(one, other, strict=True)
    return tuple(Shard(held=a.held + b.held, awaited=a.awaited + b.awaited) for a, b in pairs)


def damaged_parts(table: RunnersTable, counter: Shards, *, repair: bool) -> Iterator[Drift]:
    """Yield the unreadable parts of the counter. A repair writes the sum over readable streams.

    Launches wait until the parts are repaired, so that is more important than an exact number.
    """
    for error in table.counter()[1]:
        if repair:
            table.overwrite_part(error.key, Slots(shards=counter))
        yield Drift(key=error.key, kind=Kind.UNREADABLE, problem=error.problem)


def miscounted_slots(
    table: RunnersTable, before: Slots, counter: Shards, *, repair: bool
) -> Iterator[Drift]:
    """Compare the counter with the sum over all streams, unless it changed meanwhile."""
    stored, _ = table.counter()
    differences = _miscounted(counter, stored.shards)
    moved = any(
        now != old and (now.held, now.awaited) != (right.held, right.awaited)
        for now, old, right in zip(stored.shards, before.shards, counter, strict=True)
    )
    if moved or not differences:
        return
    if repair:
        table.overwrite_slots(Slots(shards=counter), stored)
    yield Drift(key="(slots)", kind=Kind.DIFFERS, differences=differences)


def _miscounted(counter: Shards, stored: Shards) -> tuple[FieldDifference, ...]:
    """Return how the shards differ.

    The circuit breaker is not compared: it reflects recent launches only, and expires.
    """
    return tuple(
        FieldDifference(field=f"{name} in shard {number}", log=getattr(one, name), table=value)
        for number, (one, other) in enumerate(zip(counter, stored, strict=True))
        for name, value in (("held", other.held), ("awaited", other.awaited))
        if getattr(one, name) != value
    )
