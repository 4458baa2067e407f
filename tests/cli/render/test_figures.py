"""Figures, and tables of them."""

import pytest

from cli.render.figures import dollars, durations, figures, hours, listed, minutes, percent


def test_numbers_are_aligned_on_the_right_and_long_names_cut() -> None:
    rows = [("NAME", "JOBS", "P50"), ("octo/a-long-name", "5", "1m 05s"), ("b", "1,234", "2s")]
    assert figures(rows, 80) == [
        "NAME               JOBS     P50",
        "octo/a-long-name      5  1m 05s",
        "b                 1,234      2s",
    ]
    assert figures(rows, 25) == [
        "NAME         JOBS     P50",
        "octo/a-lo…      5  1m 05s",
        "b           1,234      2s",
    ]


def test_a_name_keeps_some_room_in_a_narrow_terminal() -> None:
    assert figures([("octo/repository", "1")], 5) == ["octo/re…  1"]


@pytest.mark.parametrize(
    ("amount", "of", "text"),
    [(3.5, 9.99, "$3.5000"), (3.5, 10.0, "$3.50"), (1234.5, 2000.0, "$1,234.50")],
)
def test_costs_have_the_decimals_of_their_sum(amount: float, of: float, text: str) -> None:
    assert dollars(amount, of) == text


def test_units() -> None:
    assert (percent(0.1234), percent(None)) == ("12.3%", "-")
    assert (hours(5400), minutes(5400)) == ("1.5", "90.0")
    assert durations(None) == ("0", "-", "-", "-", "-")
    assert listed({"success": 1200, "fail\x1bure": 1}) == "1,200 success, 1 fail\ufffdure"
