"""Round times on an axis."""

from datetime import timedelta

import pytest

from cli.chart.ticks import ticks
from tests.support.stories import at


@pytest.mark.parametrize(
    ("begin", "seconds", "most", "texts"),
    [
        (8, 30, 4, ["00:00:10", "00:00:20", "00:00:30"]),
        (8, 1300, 5, ["00:05", "00:10", "00:15", "00:20"]),
        (0, 7200, 3, ["01-01", "01:00", "02:00"]),
        (-7200, 3 * 3600, 4, ["22:00", "23:00", "01-01", "01:00"]),
        (0, 3 * 86_400, 3, ["01-01", "01-02", "01-03", "01-04"]),
    ],
)
def test_ticks_are_round_and_few(begin: float, seconds: float, most: int, texts: list[str]) -> None:
    found = ticks(at(begin), at(begin + seconds), most)
    assert [one.text for one in found] == texts
    assert all(at(begin) <= one.at <= at(begin + seconds) for one in found)


def test_a_very_long_axis_has_ticks_too() -> None:
    assert len(ticks(at(0), at(0) + timedelta(days=365), 5)) == 13
