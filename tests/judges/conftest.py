"""The browser that judges of pages share. Without Chromium they name what is missing."""

from collections.abc import Iterator

import pytest

from tests.judges.chromium import IS_THERE, NEEDED, Chromium, chromium
from tests.judges.missing import missing


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not IS_THERE:
        missing(NEEDED)
    with chromium(tmp_path_factory.mktemp("browser")) as made:
        yield made
