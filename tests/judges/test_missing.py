"""A judge that is missing is said in one line, and is a failure where all has to be tested."""

import pytest

from tests.judges.missing import fold, missing


def _skipped(nodeid: str, monkeypatch: pytest.MonkeyPatch) -> pytest.TestReport:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception) as skipped:
        missing("a judge that nobody has")
    where = (f"{nodeid}.py", 7, f"Skipped: {skipped.value.msg}")
    return pytest.TestReport(nodeid, (nodeid, 7, nodeid), {}, "skipped", where, "setup")


def test_tests_of_one_missing_judge_are_skipped_in_one_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = (fold(_skipped(name, monkeypatch)).longrepr for name in ("one", "other"))
    assert one == other
    assert isinstance(one, tuple)
    assert one[0].endswith("missing.py")
    assert one[2] == "Skipped: a judge that nobody has"


def test_a_test_that_is_skipped_for_another_reason_keeps_its_place() -> None:
    where = ("other.py", 7, "Skipped: not on this system")
    report = pytest.TestReport("other", ("other", 7, "other"), {}, "skipped", where, "setup")
    assert fold(report).longrepr == where


def test_where_all_has_to_be_tested_a_missing_judge_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="a judge that nobody has"):
        missing("a judge that nobody has")
