"""The page of `ecsrunner replay what-if` in Chromium, with a script in the name of a job."""

from pathlib import Path

import pytest

from tests.cli.support import run
from tests.judges.chromium import Chromium
from tests.judges.pages import PLANTED, check_inert, check_page, planted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fleet = planted(name=PLANTED)
    file = tmp_path_factory.mktemp("what-if") / "what-if.html"
    words = ("--set", "max_runners=1", "--set", "prices.vcpu_hour=0.05", "--html", str(file))
    assert run(fleet, "replay", "what-if", *words).exit_code == 0
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
    check_inert(browser, page, "What another policy would have changed")
