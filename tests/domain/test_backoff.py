"""How long something waits that is tried again."""

from datetime import timedelta

from msgspec.structs import replace

from shared.domain.backoff import delay
from tests.support import stories

POLICY = replace(stories.POLICY, backoff_first=2.0, backoff_most=900.0)


def test_waits_double_and_never_exceed_a_quarter_of_an_hour() -> None:
    waits = [delay(POLICY, "fleet-7-1", failures).total_seconds() for failures in range(1, 200)]
    for failures, seconds in enumerate(waits, start=1):
        ceiling = min(900.0, 2.0 * 2 ** min(failures - 1, 30))
        assert ceiling / 2 <= seconds <= ceiling


def test_waits_of_different_launches_differ() -> None:
    assert len({delay(POLICY, f"fleet-{number}-1", 5) for number in range(100)}) > 90


def test_a_wait_that_was_asked_for_is_kept_and_spread() -> None:
    waits = [delay(POLICY, f"fleet-{number}-1", 1, retry_after=60) for number in range(100)]
    assert min(waits) >= timedelta(seconds=60)
    assert max(waits) <= timedelta(seconds=90)
    assert max(waits) - min(waits) > timedelta(seconds=20)
