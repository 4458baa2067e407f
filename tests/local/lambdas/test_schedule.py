"""The schedule: the event that it sends, at a rate and on demand."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from local.lambdas.sources.schedule import Schedule, scheduled_event
from tests.local.lambdas.support import PATIENCE


def test_the_event_is_schedulers_own():
    event = scheduled_event("janitor", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))

    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "123456789012",
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/janitor"],
        "detail": "{}",
    }


def test_a_schedule_calls_its_target_again_and_again():
    calls = threading.Semaphore(0)
    schedule = Schedule("janitor", lambda event: calls.release(), seconds=0.01)
    schedule.start()
    try:
        assert all(calls.acquire(timeout=PATIENCE) for _ in range(3))
    finally:
        schedule.stop()


def test_a_target_that_fails_is_called_again(caplog: pytest.LogCaptureFixture):
    calls = threading.Semaphore(0)

    def fail(event: Any) -> None:
        calls.release()
        raise RuntimeError("not this time")

    schedule = Schedule("janitor", fail, seconds=0.01)
    schedule.start()
    try:
        assert all(calls.acquire(timeout=PATIENCE) for _ in range(2))
    finally:
        schedule.stop()
    assert "the schedule janitor could not call its target" in caplog.text


def test_a_trigger_does_not_wait_for_the_rate_and_returns_what_the_target_does():
    schedule = Schedule("janitor", lambda event: event["source"], seconds=600)

    assert schedule.trigger() == "aws.scheduler"


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="schedule janitor: a rate of 0 s is not more than 0"):
        Schedule("janitor", lambda event: None, seconds=0)
