"""The accessibility rules of axe-core, applied to a page that Chromium shows."""

from pathlib import Path
from typing import Any

from tests.judges.chromium import Chromium

NEEDED = "axe-core's tests need npm, and then: make judges"
_SCRIPT = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
IS_THERE = _SCRIPT.exists()
_RUN = """
const done = arguments[0];
window.axe.run(document).then(({ violations }) => done(violations.flatMap(
  ({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 120)}`))));
"""


def violations(browser: Chromium) -> list[str]:
    """Return a line for each element of the page that violates a rule: rule, help, HTML."""
    # A driver's script runs in the scope of a function, so axe-core does not become a global.
    browser.run(f"{_SCRIPT.read_text()}\nwindow.axe = window.axe || axe;")
    found: Any = browser.wait_for(_RUN)
    return list(found)
