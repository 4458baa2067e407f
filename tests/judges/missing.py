"""What becomes of a test whose judge is not there: skipped, or failed if all has to be tested."""

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it if the variable `CI` is set; pytest folds equal reasons."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
