"""axe-core finds no violation on the pages that commands write, narrow and wide, light and dark."""

from pathlib import Path

import pytest

from cli.chart.page import page
from tests.cli.support import CliFleet, mixed, run
from tests.judges import axe
from tests.judges.chromium import Chromium
from tests.judges.missing import missing
from tests.local.stack.support import until
from tests.support.charts import storm

pytestmark = [pytest.mark.slow(file=True, seconds=15), pytest.mark.timeout(180)]

OPEN_ALL = """
const chart = document.getElementById("chart");
const press = (key) => chart.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
chart.focus();
press("ArrowDown");
press("Enter");
document.getElementById("table").open = true;
"""

on_each_screen = pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)]
)


@pytest.fixture(scope="module", autouse=True)
def _with_axe() -> None:
    if not axe.IS_THERE:
        missing(axe.NEEDED)


def _shown(browser: Chromium, file: Path, width: int, dark: bool) -> None:
    browser.resize(width, 800, dark=dark)
    browser.open(file.as_uri())


@on_each_screen
def test_the_timeline_violates_no_rule_of_accessibility(
    browser: Chromium, tmp_path: Path, width: int, dark: bool
) -> None:
    file = tmp_path / "timeline.html"
    file.write_text(page(*storm()))
    _shown(browser, file, width, dark)
    assert axe.violations(browser) == []
    browser.run(OPEN_ALL)
    rows = "return document.querySelectorAll('#table-rows tr').length"
    until(lambda: browser.run(rows), "the table has rows")
    assert axe.violations(browser) == []


@on_each_screen
def test_the_report_violates_no_rule_of_accessibility(
    browser: Chromium, tmp_path: Path, width: int, dark: bool
) -> None:
    file = tmp_path / "report.html"
    assert run(CliFleet(mixed()), "report", "--html", str(file)).exit_code == 0
    _shown(browser, file, width, dark)
    assert axe.violations(browser) == []


@on_each_screen
def test_a_what_if_violates_no_rule_of_accessibility(
    browser: Chromium, tmp_path: Path, width: int, dark: bool
) -> None:
    file = tmp_path / "what-if.html"
    words = ("replay", "what-if", "--set", "max_runners=1", "--html", str(file))
    assert run(CliFleet(mixed()), *words).exit_code == 0
    _shown(browser, file, width, dark)
    assert axe.violations(browser) == []


def test_a_violation_is_found(browser: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "bad.html"
    file.write_text("<!DOCTYPE html><title>Bad</title><img src='data:,'>")
    _shown(browser, file, 1280, dark=False)
    found = axe.violations(browser)
    assert any(one.startswith("image-alt: ") for one in found)
    assert any(one.startswith("html-has-lang: ") for one in found)
