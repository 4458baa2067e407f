"""What every page of figures must be in a browser: as wide as the window, and with enough contrast.

With SCREENSHOTS=folder it takes pictures.
"""

import os
from pathlib import Path

from tests.judges.chromium import Chromium
from tests.local.stack.support import PROJECT

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
