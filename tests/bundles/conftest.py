"""The bundles for this machine."""

from pathlib import Path

import pytest

from tests.support.zips import local_zips


@pytest.fixture(scope="session")
def built() -> Path:
    """Where the bundles for this machine are."""
    return local_zips()
