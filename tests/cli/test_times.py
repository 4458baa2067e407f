"""Times as arguments."""

from datetime import UTC, datetime

import pytest

from cli.commands.times import moment

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("now", "2026-11-29T12:30:00"),
        ("90s", "2026-11-29T12:28:30"),
        ("24h", "2026-11-28T12:30:00"),
        ("2h ago", "2026-11-29T10:30:00"),
        ("7d", "2026-11-22T12:30:00"),
        ("02:13", "2026-11-29T02:13:00"),
        ("2026-11-01", "2026-11-01T00:00:00"),
        ("2026-11-01T02:13Z", "2026-11-01T02:13:00"),
        ("2026-11-01 02:13+02:00", "2026-11-01T00:13:00"),
    ],
)
def test_a_time_is_absolute_or_before_now(text: str, found: str) -> None:
    assert moment(text, NOW) == datetime.fromisoformat(found).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "24", "25:00", "2026-02-30", "999999w", "-1h"])
def test_other_texts_are_not_times(text: str) -> None:
    assert moment(text, NOW) is None
