"""What becomes of a test whose judge is not there: skipped, or failed if all has to be tested."""

import os
from typing import NoReturn

import pytest

_reasons: set[str] = set()


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it if the variable `CI` is set."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    _reasons.add(f"Skipped: {reason}")
    pytest.skip(reason)


def fold(report: pytest.TestReport) -> pytest.TestReport:
    """Let all tests that a judge is missing for be skipped in one place: pytest prints one line."""
    if report.skipped and isinstance(report.longrepr, tuple) and report.longrepr[2] in _reasons:
        report.longrepr = (__file__, missing.__code__.co_firstlineno, report.longrepr[2])
    return report
