"""What the comparison of coverage with the listed reasons reports."""

from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

from tests import uncovered

NAME = "shared/x.py::Class.function"


def _report(
    lines: list[int], branches: list[list[int]], name: str = "Class.function", branch: bool = True
) -> dict[str, Any]:
    function = {"missing_lines": lines, "missing_branches": branches}
    covered: dict[str, Any] = {"missing_lines": [], "missing_branches": []}
    functions = {name: function, "covered": covered}
    return {
        "meta": {"branch_coverage": branch},
        "files": {"shared/x.py": {"functions": functions}},
    }


def _problems(report: dict[str, Any], reasons: dict[str, Any]) -> list[str]:
    return uncovered.problems(uncovered.gaps(report), reasons)


def test_a_gap_without_a_reason_is_named_with_its_lines_and_branches() -> None:
    (problem,) = _problems(_report([3, 4], [[2, 3], [5, -1]]), {})
    assert problem == f"{NAME}: not covered: lines 3, 4; branches 2 -> 3, 5 -> exit"


def test_a_missing_branch_alone_is_a_gap() -> None:
    assert _problems(_report([], [[2, 4]]), {}) == [f"{NAME}: not covered: branches 2 -> 4"]


def test_what_is_in_no_function_is_named_as_the_module() -> None:
    (problem,) = _problems(_report([3], [], name=""), {})
    assert problem == "shared/x.py::<module>: not covered: lines 3"


def test_a_gap_with_a_reason_is_no_problem() -> None:
    assert _problems(_report([3], []), {NAME: "no caller reaches it"}) == []


def test_a_reason_for_what_is_covered_is_to_be_removed() -> None:
    reasons = {NAME: "no caller reaches it", "shared/x.py::covered": "it was not"}
    (problem,) = _problems(_report([3], []), reasons)
    assert problem == "shared/x.py::covered: is covered; remove its reason"


@pytest.mark.parametrize("name", ["shared/x.py::gone", "shared/y.py::covered", "shared/x.py"])
def test_a_reason_for_a_function_that_does_not_exist_is_named(name: str) -> None:
    assert _problems(_report([], []), {name: "why"}) == [f"{name}: no such function"]


@pytest.mark.parametrize("reason", ["", " ", 7, {"why": "nested"}])
def test_an_entry_has_to_give_its_reason(reason: Any) -> None:
    assert _problems(_report([3], []), {NAME: reason}) == [f"{NAME}: has no reason"]


def test_a_measurement_without_branches_is_refused() -> None:
    with pytest.raises(ValueError, match="branches were not measured"):
        uncovered.gaps(_report([], [], branch=False))


SOURCE = """\
def half(flag):
    if flag:
        return 1
    return 2


def whole():
    return 3


half(True)
whole()
"""


@pytest.fixture
def data_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The coverage of one module, as another process would have measured it."""
    monkeypatch.chdir(tmp_path)
    source, data_file = tmp_path / "x.py", tmp_path / ".coverage"
    source.write_text(SOURCE)
    coverage = Coverage(data_file=str(data_file), branch=True, include=[str(source)])
    with coverage.collect():
        exec(compile(SOURCE, str(source), "exec"), {})  # noqa: S102
    coverage.save()
    return data_file


@pytest.mark.parametrize(
    ("reasons", "code", "told"),
    [
        ('"x.py::half" = "it is an example"', 0, ""),
        ("", 1, "x.py::half: not covered: lines 4; branches 2 -> 4\n"),
        ('"x.py::half" = "why"\n"x.py::whole" = "why"', 1, "x.py::whole: is covered"),
        ('"x.py::half" =', 1, "coverage can't be compared: "),
    ],
)
def test_a_measurement_is_compared_with_the_file_of_reasons(
    data_file: Path, capsys: pytest.CaptureFixture[str], reasons: str, code: int, told: str
) -> None:
    listed = data_file.with_name("uncovered.toml")
    listed.write_text(reasons)
    assert uncovered.main(data_file, listed) == code
    output = capsys.readouterr().err
    assert output.startswith(told)
    assert bool(output) is bool(told)


def test_without_a_measurement_nothing_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "uncovered.toml"
    listed.write_text("")
    assert uncovered.main(tmp_path / ".coverage", listed) == 1
    assert capsys.readouterr().err.startswith("coverage can't be compared: ")
