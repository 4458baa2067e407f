"""The page of `ecsrunner report` in Chromium: narrow and wide, light and dark, with a script in it.

With SCREENSHOTS=folder it takes pictures.
"""

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
    check_page(browser, page, width, scheme)


def test_a_script_in_the_name_of_a_workflow_is_text(browser: Chromium, page: Path) -> None:
    browser.open(page.as_uri())
    assert browser.run("return document.title") == "Report on a fleet of GitHub Actions runners"
    assert browser.run("return document.querySelectorAll('script, img').length") == 0
    assert PLANTED in browser.run("return document.body.textContent")
    loaded = "return performance.getEntriesByType('resource').length"
    assert browser.run(loaded) == 0
