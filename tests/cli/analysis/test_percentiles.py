"""Percentiles of durations, against the standard library and by hand."""

from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.analysis.percentiles import distributions, percentiles

SECONDS = st.lists(st.floats(0, 1e6), min_size=2, max_size=300)


@given(SECONDS)
def test_percentiles_are_those_of_the_standard_library(values: list[float]) -> None:
    found = percentiles(values)
    assert found is not None
    cuts = quantiles(values, n=100, method="inclusive")
    assert (found.p50, found.p95, found.p99) == (cuts[49], cuts[94], cuts[98])
    assert (found.count, found.max) == (len(values), max(values))


def test_percentiles_are_interpolated_between_the_nearest_durations() -> None:
    found = percentiles([30.0, 10.0, 20.0])
    assert found is not None
    assert (found.p50, found.max) == (20.0, 30.0)
    assert (found.p95, found.p99) == pytest.approx((29.0, 29.8))


def test_all_percentiles_of_one_duration_are_that_duration() -> None:
    found = percentiles([7.0])
    assert found is not None
    assert (found.p50, found.p95, found.p99, found.max, found.count) == (7.0, 7.0, 7.0, 7.0, 1)


def test_there_are_no_percentiles_of_nothing() -> None:
    assert percentiles([]) is None
    assert distributions([]) == ()


def test_classes_are_in_order_of_their_names_and_all_of_them_at_the_end() -> None:
    found = distributions([("small", 2.0), ("large", 8.0), ("small", 4.0)])
    assert [(one.class_name, one.seconds.count, one.seconds.p50) for one in found] == [
        ("large", 1, 8.0),
        ("small", 2, 3.0),
        (None, 3, 4.0),
    ]
