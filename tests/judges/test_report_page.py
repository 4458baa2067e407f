"""The page of `ecsrunner report` in Chromium: narrow and wide, light and dark, with a script in it.

With SCREENSHOTS=folder it takes pictures.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.support import CliFleet, mixed, run
from tests.judges.chromium import IS_THERE, NEEDED, Chromium, chromium
from tests.judges.missing import missing
from tests.local.stack.support import PROJECT
from tests.support import stories

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PLANTED = "<script>document.title = 'planted'</script><img src=x onerror=\"document.title='x'\">"
CONTRAST = """
const luminance = (color) => {
  const parts = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
}
const ratio = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}
const backdrop = (element) => {
  const color = getComputedStyle(element).backgroundColor
  return color === 'rgba(0, 0, 0, 0)' ? backdrop(element.parentElement) : color
}
const of = (selector, property) => [...document.querySelectorAll(selector)].map((element) =>
  ratio(getComputedStyle(element)[property], backdrop(element)))
return [Math.min(...of('h1, h2, p, dt, dd, th, td, caption, figcaption, li span', 'color'),
                 ...of('svg text', 'fill')),
        Math.min(...of('svg rect', 'fill'))]
"""
"""The least contrast of text, and of bars. Source: W3C, "Web Content Accessibility Guidelines 2.2",
relative luminance and contrast ratio; 1.4.3 demands 4.5 of text, 1.4.11 demands 3 of graphics."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not IS_THERE:
        missing(NEEDED)
    with chromium(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fleet = mixed()
    planted = stories.details(workflow=PLANTED, repository="octo/a-repository-with-a-long-name")
    fleet.tell(20, replace(stories.queued(), job=planted))
    fleet.settle()
    fleet.clock.advance(40)
    fleet.serves(20)
    fleet.clock.advance(1)
    file = tmp_path_factory.mktemp("report") / "report.html"
    assert run(CliFleet(fleet), "report", "--html", str(file)).exit_code == 0
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_the_window_with_enough_contrast(
    browser: Chromium, page: Path, width: int, scheme: str
) -> None:
    browser.resize(width, 900, dark=scheme == "dark")
    browser.open(page.as_uri())
    if "SCREENSHOTS" in os.environ:
        browser.picture(PROJECT / os.environ["SCREENSHOTS"] / f"report-{width}-{scheme}.png")
    assert browser.run("return document.scrollingElement.scrollWidth") <= width
    text, graphics = browser.run(CONTRAST)
    assert text >= 4.5
    assert graphics >= 3.0
    dark = browser.run("return getComputedStyle(document.body).backgroundColor") != (
        "rgb(255, 255, 255)"
    )
    assert dark == (scheme == "dark")


def test_a_script_in_the_name_of_a_workflow_is_text(browser: Chromium, page: Path) -> None:
    browser.open(page.as_uri())
    assert browser.run("return document.title") == "Report on a fleet of GitHub Actions runners"
    assert browser.run("return document.querySelectorAll('script, img').length") == 0
    assert PLANTED in browser.run("return document.body.textContent")
    loaded = "return performance.getEntriesByType('resource').length"
    assert browser.run(loaded) == 0
