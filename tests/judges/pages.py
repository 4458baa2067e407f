"""What every page of figures must be in a browser: as wide as the window, and with enough contrast.

With SCREENSHOTS=folder it takes pictures.
"""

import os
from pathlib import Path

from msgspec.structs import replace

from tests.cli.support import CliFleet, mixed
from tests.judges.chromium import Chromium
from tests.local.stack.support import PROJECT
from tests.support import stories

PLANTED = "<script>document.title = 'planted'</script><img src=x onerror=\"document.title='x'\">"
"""A name of a job or workflow that is a script, which must not run."""
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


def planted(**details: str) -> CliFleet:
    """Return a fleet with a history, and in it a job with these details."""
    fleet = mixed()
    job = stories.details(repository="octo/a-repository-with-a-long-name", **details)
    fleet.tell(20, replace(stories.queued(), job=job))
    fleet.settle()
    fleet.clock.advance(40)
    fleet.serves(20)
    fleet.clock.advance(1)
    return CliFleet(fleet)


def check_inert(browser: Chromium, page: Path, title: str) -> None:
    """Open a page with `PLANTED` in it: it shows that as text, loads nothing, reports no error."""
    browser.open(page.as_uri())
    assert browser.run("return document.title") == title
    assert browser.run("return document.querySelectorAll('script, img').length") == 0
    assert PLANTED in browser.run("return document.body.textContent")
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.console() == []


def check_page(browser: Chromium, page: Path, width: int, scheme: str) -> None:
    """Open a page in a window of that width, on a screen in `light` or `dark`."""
    browser.resize(width, 900, dark=scheme == "dark")
    browser.open(page.as_uri())
    if "SCREENSHOTS" in os.environ:
        browser.picture(PROJECT / os.environ["SCREENSHOTS"] / f"{page.stem}-{width}-{scheme}.png")
    assert browser.run("return document.scrollingElement.scrollWidth") <= width
    text, graphics = browser.run(CONTRAST)
    assert text >= 4.5
    assert graphics >= 3.0
    dark = browser.run("return getComputedStyle(document.body).backgroundColor") != (
        "rgb(255, 255, 255)"
    )
    assert dark == (scheme == "dark")
