"""Percentiles of durations, and sums by a key. Pure."""

from collections.abc import Callable, Iterable, Mapping
from statistics import quantiles
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")


class Percentiles(Struct, frozen=True, kw_only=True):
    """Percentiles of durations, in seconds.

    Attributes:
        count: The number of durations.
        p50: The median in seconds.
        p95: The 95th percentile in seconds.
        p99: The 99th percentile in seconds.
        max: The longest one in seconds.
    """

    count: int
    p50: float
    p95: float
    p99: float
    max: float


class Distribution(Struct, frozen=True, kw_only=True):
    """The durations of one runner class.

    Attributes:
        class_name: The class; null for all of them.
        seconds: The durations, in seconds.
    """

    class_name: str | None
    seconds: Percentiles


def percentiles(values: Iterable[float]) -> Percentiles | None:
    """Return the percentiles of some durations, or None if there are none.

    They are interpolated between the two nearest durations, so that the 100th is the longest one.
    """
    found = sorted(values)
    if not found:
        return None
    cuts = quantiles(found, n=100, method="inclusive") if len(found) > 1 else found * 99
    return Percentiles(count=len(found), p50=cuts[49], p95=cuts[94], p99=cuts[98], max=found[-1])


def distributions(pairs: Iterable[tuple[str, float]]) -> tuple[Distribution, ...]:
    """Return the percentiles of durations by class, in order of its name, and of all at the end."""
    by_class = grouped(pairs, lambda pair: pair[0])
    groups: list[tuple[str | None, list[tuple[str, float]]]] = sorted(by_class.items())
    groups.append((None, [pair for group in by_class.values() for pair in group]))
    return tuple(
        Distribution(class_name=name, seconds=found)
        for name, group in groups
        if (found := percentiles(seconds for _, seconds in group))
    )


def grouped(values: Iterable[T], key: Callable[[T], str]) -> Mapping[str, list[T]]:
    """Return the values by key, in the order of their first occurrence."""
    groups: dict[str, list[T]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups
