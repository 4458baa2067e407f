"""The page of `ecsrunner replay what-if` in Chromium, with a script in the name of a job."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.support import CliFleet, mixed, run
from tests.judges.chromium import IS_THERE, NEEDED, Chromium, chromium
from tests.judges.missing import missing
from tests.judges.pages import check_page
from tests.support import stories

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PLANTED = "<script>document.title = 'planted'</script><img src=x onerror=\"document.title='x'\">"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not IS_THERE:
        missing(NEEDED)
    with chromium(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fleet = mixed()
    planted = stories.details(name=PLANTED, repository="octo/a-repository-with-a-long-name")
    fleet.tell(20, replace(stories.queued(), job=planted))
    fleet.settle()
    fleet.clock.advance(40)
    fleet.serves(20)
    fleet.clock.advance(1)
    file = tmp_path_factory.mktemp("what-if") / "what-if.html"
    words = ("--set", "max_runners=1", "--set", "prices.vcpu_hour=0.05", "--html", str(file))
    assert run(CliFleet(fleet), "replay", "what-if", *words).exit_code == 0
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_the_window_with_enough_contrast(
    browser: Chromium, page: Path, width: int, scheme: str
) -> None:
    check_page(browser, page, width, scheme)


def test_the_page_loads_nothing_and_runs_no_script_from_a_name(
    browser: Chromium, page: Path
) -> None:
    browser.open(page.as_uri())
    assert browser.run("return document.title") == "What another policy would have changed"
    assert browser.run("return document.querySelectorAll('script, img').length") == 0
    assert PLANTED in browser.run("return document.body.textContent")
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.console() == []
