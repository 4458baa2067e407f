"""Tests the limits under load: rates, quotas per minute, items that a transaction holds."""

import pytest

from benchmarks.load.limits import Holds, TokenBucket
from local.github.limits import Window


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate() -> None:
    bucket = TokenBucket(rate=20, burst=100)
    assert sum(bucket.take(0.0) for _ in range(150)) == 100
    assert sum(bucket.take(1.0) for _ in range(150)) == 20
    assert sum(bucket.take(60.0) for _ in range(150)) == 100


def test_who_waits_for_a_bucket_is_served_at_its_rate() -> None:
    bucket = TokenBucket(rate=20, burst=100)
    times = [bucket.wait(0.0) for _ in range(1000)]
    assert times[99] == 0.0
    assert times[-1] == pytest.approx(45.0)


def test_a_window_is_full_until_its_minute_is_over() -> None:
    window = Window(900)
    assert [window.take(5, 10.0) for _ in range(180)] == [None] * 180
    assert window.take(5, 30.0) == pytest.approx(40.0)
    assert window.take(5, 70.0) is None


def test_items_are_held_until_they_are_let_go() -> None:
    holds = Holds()
    first, second = ("events", ("job-7", 1)), ("events", ("job-7", 2))
    holds.hold([first])
    assert holds.taken([first, second]) == [True, False]
    holds.release([first])
    assert holds.taken([first]) == [False]
