"""Charts: their bars are as high as their values, their grids have round steps."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.render.page.charts import Series, bars, round_step, stacked, time_step


def _chart(*values: float | None, labels: list[str] | None = None) -> str:
    names = labels or [str(number) for number in range(len(values))]
    return bars("Jobs", names, [Series(name="jobs", values=values)], str, round_step)


def _heights(chart: str) -> list[float]:
    return [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', chart)]


def test_bars_are_as_high_as_their_values() -> None:
    first, second = _heights(_chart(10.0, 40.0))
    assert second == pytest.approx(4 * first, rel=0.01)


def test_there_is_no_bar_without_a_value() -> None:
    assert len(_heights(_chart(3.0, None, 0.0))) == 1
    assert _heights(_chart(None, None)) == []
    assert _heights(_chart()) == []


@given(st.lists(st.floats(0.001, 1e7), min_size=1, max_size=40))
def test_no_bar_leaves_the_chart(values: list[float]) -> None:
    chart = _chart(*values)
    for x, y, width, height in re.findall(
        r'<rect [^>]*x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"', chart
    ):
        assert float(x) >= 0
        assert float(x) + float(width) <= 400.5
        assert float(y) >= 9.9
        assert float(y) + float(height) <= 179


def test_each_bar_has_its_value_as_a_tooltip_and_its_series_in_the_legend() -> None:
    chart = bars(
        "Times",
        ["01-01"],
        [Series(name="p50", values=[1.0]), Series(name="p95", values=[2.0])],
        lambda value: f"{value:.0f} s",
        round_step,
    )
    assert "<title>01-01, p50: 1 s</title>" in chart
    assert "<title>01-01, p95: 2 s</title>" in chart
    assert re.findall(r'<li class="(\w+)"><span>(\w+)', chart) == [("one", "p50"), ("two", "p95")]


def test_of_many_labels_only_some_are_shown() -> None:
    labels = [f"{hour:02}:00" for hour in range(24)]
    shown = re.findall(r'text-anchor="middle">([\d:]+)<', _chart(*[1.0] * 24, labels=labels))
    assert shown == ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]


def test_text_is_escaped() -> None:
    chart = _chart(1.0, labels=["<b>"])
    assert "<b>" not in chart
    assert "&lt;b&gt;" in chart


def test_the_parts_of_a_stacked_bar_fill_it() -> None:
    chart = stacked("Use", [("busy", 30.0, "75%"), ("idle", 10.0, "25%")])
    boxes = re.findall(r'x="([\d.]+)" y="0.0" width="([\d.]+)"', chart)
    assert boxes == [("0.0", "300.0"), ("300.0", "100.0")]
    assert "<span>busy 75%</span>" in chart


@pytest.mark.parametrize(
    ("least", "step"), [(0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (37.0, 50.0), (60.0, 100.0)]
)
def test_steps_are_one_two_or_five_times_a_power_of_ten(least: float, step: float) -> None:
    assert round_step(least) == pytest.approx(step)


@pytest.mark.parametrize(
    ("least", "step"), [(0.2, 1), (11, 15), (31, 60), (61, 120), (2000, 3600), (50_000, 86_400)]
)
def test_steps_of_time_are_round_in_seconds_minutes_hours_or_days(
    least: float, step: float
) -> None:
    assert time_step(least) == step
