"""The page of `ecsrunner timeline` in Chromium: what it draws, answers to, and never does.

With the variable `SCREENSHOTS`, pictures of it are written to that directory.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cli.chart.page import page
from tests.judges.chromium import Chromium
from tests.local.stack.support import PROJECT, until
from tests.support import stories
from tests.support.charts import chart_of, large
from tests.support.fleet import SimulatedFleet

pytestmark = [pytest.mark.slow(file=True, seconds=25), pytest.mark.timeout(180)]

RUNNERS = 5000
LOAD_SECONDS = 10
"""A lenient bound: it loads in one second on two idle cores."""
FRAMES = 60
FRAMES_SECONDS = 20
"""A lenient bound, likewise: a drag shows 60 frames a second there."""
OWN, TAKEN = "fleet-48000499006-2", "fleet-48000499007-1"
"""The runners of the last swap: a job took the second one, and the first one was its own."""
HOSTILE = "</script><script>document.title = 'hacked'</script><!-- <b>"

_MOVES = """
const [kind, frames, done] = arguments;
const canvas = document.getElementById("rows");
const { left, top } = canvas.getBoundingClientRect();
canvas.setPointerCapture = () => {};
const place = (n) => ({ clientX: left + 800 + 9 * n, clientY: top + 200 + 2 * n });
const common = { bubbles: true, cancelable: true, pointerId: 1, pointerType: "mouse" };
const send = (type, n) => canvas.dispatchEvent(new PointerEvent(type, { ...common, ...place(n) }));
const zoom = (n) => canvas.dispatchEvent(
  new WheelEvent("wheel", { ...common, ...place(0), deltaY: n % 60 < 40 ? -60 : 90 }));
const begin = performance.now();
let count = 0;
if (kind === "drag") send("pointerdown", 0);
const frame = () => {
  count += 1;
  if (kind === "drag") send("pointermove", 20 * Math.sin(count / 9));
  else zoom(count);
  if (count < frames) return requestAnimationFrame(frame);
  if (kind === "drag") send("pointerup", 0);
  done((performance.now() - begin) / 1000);
};
requestAnimationFrame(frame);
"""
"""Drags or zooms in each of some frames, and returns how many seconds they took."""
_KEY = """
const [key] = arguments;
document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
"""
_AT = """
const [type, id, x, y] = arguments;
const { left, top } = document.getElementById(id).getBoundingClientRect();
const place = { clientX: left + x, clientY: top + y, pointerId: 7, pointerType: "mouse" };
const canvas = document.getElementById(id);
canvas.setPointerCapture = () => {};
for (const one of type.split(" ")) {
  canvas.dispatchEvent(new PointerEvent(one, { ...place, bubbles: true }));
}
"""
_HAS_COLOUR = """
const [name, top] = arguments;
const sample = document.querySelector(`[data-colour="${name}"]`);
const wanted = getComputedStyle(sample).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number);
const canvas = document.getElementById("rows");
const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: 26 });
const context = copy.getContext("2d", { willReadFrequently: true });
context.drawImage(canvas, 0, -top);
const { data } = context.getImageData(250, 0, canvas.width - 250, 26);
for (let at = 0; at < data.length; at += 4) {
  if (wanted.every((value, index) => data[at + index] === value)) return true;
}
return false;
"""
"""Returns whether a row of pixels that begins at `top` has the colour of the legend's sample."""
_FORBIDDEN = """
const done = arguments[0];
const found = [];
document.addEventListener("securitypolicyviolation", (event) => {
  found.push(event.effectiveDirective);
  if (found.length === 3) done(found);
});
const [script, style, image] = ["script", "style", "img"].map((one) => document.createElement(one));
script.textContent = "document.title = 'hacked'";
style.textContent = "body { display: none }";
image.src = "http://127.0.0.1:9/";
document.body.append(script, style, image);
"""
"""Adds what the policy forbids, and returns the directives that were violated."""


class OpenPage:
    """A page in the browser, by what it shows."""

    def __init__(self, browser: Chromium) -> None:
        self.browser = browser

    def text(self, name: str) -> str:
        found: str = self.browser.run(
            "return document.getElementById(arguments[0]).innerText", name
        )
        return found

    def is_shown(self, name: str) -> bool:
        return not self.browser.run("return document.getElementById(arguments[0]).hidden", name)

    def do(self, script: str, *arguments: Any) -> None:
        self.browser.run(script, *arguments)

    def filter(self, text: str) -> None:
        self.do(
            "const field = document.getElementById('filter'); field.value = arguments[0];"
            "field.dispatchEvent(new Event('input'))",
            text,
        )

    def keys(self, *names: str) -> None:
        for name in names:
            self.do(_KEY, name)

    def tips(self, y: int) -> list[str]:
        """The texts of the tip at places from left to right, without repetitions."""
        found: list[str] = []
        for x in range(260, 1200, 6):
            self.do(_AT, "pointermove", "rows", x, y)
            if self.is_shown("tip") and self.text("tip") not in found:
                found.append(self.text("tip"))
        return found

    def rows(self) -> list[str]:
        """The ids of the rows in view, from the table, which it opens."""
        self.do("document.getElementById('table').open = true")
        until(self.table, "the table is written")
        return self.table()

    def table(self) -> list[str]:
        """The ids in the table of the runners in view."""
        found: list[str] = self.browser.run(
            "const found = document.querySelectorAll('#table-rows button');"
            "return [...found].map((one) => one.innerText)"
        )
        return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "timeline.html"
    made.write_text(page(*large(RUNNERS)))
    return made


@pytest.fixture
def opened(browser: Chromium, file: Path) -> Iterator[OpenPage]:
    """The page of many runners. It must not complain, nor request anything."""
    browser.resize(1280, 800)
    _forget(browser)
    browser.open(file.as_uri())
    yield OpenPage(browser)
    assert browser.console() == []
    assert browser.requests() == [file.as_uri()]


def _forget(browser: Chromium) -> None:
    """Forget what the browser's own first page did."""
    browser.open("about:blank")
    browser.console()
    browser.requests()


def test_a_page_of_5000_runners_is_there_at_once_and_moves_in_each_frame(opened: OpenPage) -> None:
    loaded = opened.browser.run(
        "return performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"
    )
    assert 0 < loaded < LOAD_SECONDS
    until(lambda: opened.text("count") == "5,000 of 5,000 rows", "all runners are there")
    for kind in ("zoom", "drag"):
        before = opened.text("shown")
        assert opened.browser.wait_for(_MOVES, kind, FRAMES) < FRAMES_SECONDS
        until(lambda before=before: opened.text("shown") != before, f"a {kind} moves the axis")


def test_the_filter_leaves_the_rows_with_every_word(opened: OpenPage) -> None:
    opened.filter("failed OCTO/")
    until(lambda: opened.text("count").startswith("1,000 of"), "the failed ones are left")
    opened.filter("no such runner")
    until(lambda: opened.is_shown("nothing"), "it says that there is none")
    opened.filter("48000499005-1")
    until(lambda: opened.text("count") == "1 of 5,000 rows", "one has the id")


def test_the_table_has_the_runners_in_view_down_to_the_last(opened: OpenPage) -> None:
    opened.do("document.getElementById('table').open = true")
    until(lambda: len(opened.table()) > 5, "the first runners are in the table")
    first = opened.table()
    assert first[0].endswith("9007-2")
    opened.do("document.getElementById('chart').focus()")
    opened.keys("End")
    until(lambda: opened.table()[-1] == "fleet-48000000001-1", "the oldest runner is in view")
    assert not set(first) & set(opened.table())


def test_all_can_be_done_by_keys(opened: OpenPage) -> None:
    opened.do("document.getElementById('chart').focus()")
    opened.keys("ArrowDown", "ArrowDown", "Enter")
    assert opened.is_shown("story")
    title = opened.text("story-title")
    assert title in opened.text("selected")
    assert "job queued for self-hosted" in opened.text("story-content")
    assert f"ecsrunner runners history {title.split('-')[1]}" in opened.text("story-content")
    assert opened.browser.run("return document.activeElement.id") == "story-title"
    opened.keys("Escape")
    assert not opened.is_shown("story")
    assert opened.browser.run("return document.activeElement.id") == "chart"
    whole = opened.text("shown")
    for key in ("+", "+", "ArrowRight", "ArrowLeft", "-"):
        before = opened.text("shown")
        opened.keys(key)
        until(lambda before=before: opened.text("shown") != before, f"{key} moves the axis")
    opened.keys("0")
    until(lambda: opened.text("shown") == whole, "0 shows the whole period")
    opened.keys("/")
    assert opened.browser.run("return document.activeElement.id") == "filter"


def test_a_click_opens_the_story_and_the_tip_names_the_phase(opened: OpenPage) -> None:
    opened.filter("48000499005-1")
    until(lambda: opened.text("count").startswith("1 of"), "one is left")
    tips = opened.tips(y=18)
    assert all(tip.startswith("fleet-48000499005-1") for tip in tips)
    (tip,) = {tip for tip in tips if "on its job, 2m 54s" in tip}
    assert "job started on fleet-48000499005-1" in tip
    assert opened.tips(y=300) == [], "there is no row"
    opened.do(_AT, "pointerdown pointerup", "rows", 40, 18)
    assert opened.is_shown("story")
    assert opened.text("story-title") == "fleet-48000499005-1"
    opened.browser.click("#close")
    assert not opened.is_shown("story")


def test_a_swap_is_an_arrow_between_two_rows(opened: OpenPage) -> None:
    opened.filter("48000499006 48000499007")
    until(lambda: opened.text("count") == "0 of 5,000 rows", "a row has one of them")
    opened.filter("4800049900")
    until(lambda: opened.text("count") == "10 of 5,000 rows", "those of one storm are left")
    own, *between, taken = range(opened.rows().index(OWN), opened.rows().index(TAKEN) + 1)
    assert between
    swap = f"job 48000499006 took {TAKEN}, for which job 48000499007 had waited"
    assert any(swap in tip for tip in opened.tips(y=26 * own + 18))
    assert any(swap in tip for tip in opened.tips(y=26 * taken + 18))
    assert not any(swap in tip for tip in opened.tips(y=26 * between[0] + 18))
    assert opened.browser.run(_HAS_COLOUR, "swap", 26 * between[0])
    opened.filter(OWN)
    until(lambda: opened.text("count").startswith("1 of"), "one end is left")
    assert not opened.browser.run(_HAS_COLOUR, "swap", 0)


def test_the_tip_of_the_strip_has_the_levels(opened: OpenPage) -> None:
    opened.do(_AT, "pointermove", "strip", 700, 40)
    lines = opened.text("tip").splitlines()
    assert lines[-1].endswith(" jobs waiting")
    assert " of 500 slots in use" in "".join(lines)
    assert int(lines[-1].split()[0]) > 10


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_the_screen_in_light_and_dark(opened: OpenPage, width: int, dark: bool) -> None:
    browser = opened.browser
    browser.resize(width, 800, dark=dark)
    until(lambda: opened.text("theme") == ("Light" if dark else "Dark"), "it follows the system")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    background = "return getComputedStyle(document.body).backgroundColor"
    before = browser.run(background)
    _picture(browser, f"timeline-{width}-{'dark' if dark else 'light'}.png")
    browser.click("#theme")
    assert browser.run(background) != before


def test_names_from_outside_are_texts(browser: Chromium, tmp_path: Path) -> None:
    fleet = SimulatedFleet()
    details = stories.details(workflow=HOSTILE, name=HOSTILE, url="javascript:alert(1)")
    fleet.tell(7, replace(stories.queued(), job=details))
    fleet.settle()
    file = tmp_path / "hostile.html"
    fleet.clock.advance(30)
    file.write_text(page(*chart_of(fleet.log, fleet.table, fleet.clock.now())))
    _forget(browser)
    browser.open(file.as_uri())
    opened = OpenPage(browser)
    until(lambda: opened.text("count") == "1 of 1 rows", "it is there")
    opened.do("document.getElementById('chart').focus()")
    opened.keys("ArrowDown", "Enter")
    assert f"octo/repo · {HOSTILE} · {HOSTILE}" in opened.text("story-content")
    assert browser.run("return document.title").startswith("Runners, ")
    assert browser.run("return document.querySelectorAll('#story a').length") == 0
    assert browser.console() == []


def test_nothing_but_its_own_script_and_style_is_allowed(browser: Chromium, file: Path) -> None:
    browser.open(file.as_uri())
    assert sorted(browser.wait_for(_FORBIDDEN)) == ["img-src", "script-src-elem", "style-src-elem"]
    assert browser.run("return document.title").startswith("Runners, ")


def _picture(browser: Chromium, name: str) -> None:
    if "SCREENSHOTS" in os.environ:
        time.sleep(0.3)
        browser.picture(PROJECT / os.environ["SCREENSHOTS"] / name)
