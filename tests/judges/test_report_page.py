"""The page of `ecsrunner report` in Chromium: narrow and wide, light and dark, with a script in it.

With SCREENSHOTS=folder it takes pictures.
"""

from pathlib import Path

import pytest

from tests.cli.support import run
from tests.judges.chromium import Chromium
from tests.judges.pages import PLANTED, check_inert, check_page, planted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fleet = planted(workflow=PLANTED)
    file = tmp_path_factory.mktemp("report") / "report.html"
    assert run(fleet, "report", "--html", str(file)).exit_code == 0
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_the_window_with_enough_contrast(
    browser: Chromium, page: Path, width: int, scheme: str
) -> None:
    check_page(browser, page, width, scheme)


def test_a_script_in_the_name_of_a_workflow_is_text(browser: Chromium, page: Path) -> None:
    check_inert(browser, page, "Report on a fleet of GitHub Actions runners")
