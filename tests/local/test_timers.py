"""Jobs run when they are due, in order, one at a time."""

import logging
from collections.abc import Iterator
from queue import Queue

import pytest

from local.timers import Timers


@pytest.fixture
def timers() -> Iterator[Timers]:
    one = Timers("test")
    one.start()
    yield one
    one.stop()


def test_jobs_run_in_the_order_in_which_they_fall_due(timers: Timers) -> None:
    done: Queue[str] = Queue()
    timers.after(0.05, lambda: done.put("later"))
    timers.after(0, lambda: done.put("first"))
    timers.after(0, lambda: done.put("second"))
    assert [done.get(timeout=5) for _ in range(3)] == ["first", "second", "later"]


def test_a_job_that_fails_is_logged_and_does_not_stop_the_others(
    timers: Timers, caplog: pytest.LogCaptureFixture
) -> None:
    done: Queue[str] = Queue()

    def fail() -> None:
        raise ValueError("no")

    with caplog.at_level(logging.ERROR):
        timers.after(0, fail)
        timers.after(0, lambda: done.put("next"))
        assert done.get(timeout=5) == "next"
    assert "a job of test failed" in caplog.text


def test_a_stopped_thread_does_no_more() -> None:
    timers = Timers("test")
    done: Queue[str] = Queue()
    timers.start()
    timers.after(0.05, lambda: done.put("dropped at the stop"))
    timers.stop()
    timers.after(0, lambda: done.put("dropped after it"))
    timers.stop()
    timers.start()
    timers.after(0.1, lambda: done.put("after a new start"))
    assert done.get(timeout=5) == "after a new start"
    timers.stop()


def test_it_can_not_be_started_twice(timers: Timers) -> None:
    with pytest.raises(RuntimeError, match="running already"):
        timers.start()
