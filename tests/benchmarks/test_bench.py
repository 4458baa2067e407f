"""`make bench`: medians beside floors, two commits in turn, as a table and as JSON."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from benchmarks import __main__ as bench
from benchmarks import exports, processes
from benchmarks.figures import Figure, document, lines, read


def _runs(values: list[float], name: str = "ours") -> list[Figure]:
    return [Figure(name=name, value=one, unit="ms", floor="least") for one in values]


HERE = {
    ("a webhook", "least"): _runs([1.0, 2.0, 9.0], "least"),
    ("a webhook", "ours"): _runs([4.0, 3.0, 8.0]),
}


def test_a_figure_is_a_median_with_its_range_and_its_ratio_to_the_floor() -> None:
    _, ours = bench._rows(HERE)
    assert (ours["median"], ours["least"], ours["most"], ours["to_floor"]) == (4.0, 3.0, 8.0, 2.0)
    assert (ours["against"], ours["to_against"]) == (None, None)


def test_a_figure_is_compared_with_that_of_the_other_commit_if_it_has_one() -> None:
    least, ours = bench._rows(HERE, {("a webhook", "ours"): _runs([8.0])})
    assert (least["against"], ours["against"], ours["to_against"]) == (None, 8.0, 0.5)


def test_the_table_names_the_machine_its_load_and_both_commits() -> None:
    rows = list(bench._rows(HERE, {("a webhook", "ours"): _runs([8.0])}))
    told = {
        "cpus": 2,
        "architecture": "arm64",
        "python": "3.11.7",
        "load_before": 0.5,
        "load_after": 2.25,
        "commit": "1234567",
        "against": "89abcde",
        "rounds": 3,
        "figures": rows,
    }
    head, commits, _, least, ours = "\n".join(bench._table(told)).replace("\n\n", "\n").split("\n")
    assert head == "2 CPUs (arm64), Python 3.11.7; load 0.50 before, 2.25 after"
    assert commits == "commit 1234567, in turn with 89abcde; medians; rounds: 3"
    assert least.split() == ["least", "2", "ms", "(1-9)", "1.00", "-"]
    assert ours.split() == ["ours", "4", "ms", "(3-8)", "2.00", "8", "0.50"]


def test_figures_are_the_same_after_json() -> None:
    figures = _runs([1.0, 1234.5])
    assert read(json.loads(document(figures))) == figures
    assert lines([*_runs([0.5], "least"), *_runs([1234.5])]).splitlines()[1].split() == [
        *("ours", "1,234", "ms", "2469.00", "x", "floor")
    ]


def test_one_part_is_run_and_written_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_build", lambda _tree: None)
    file = tmp_path / "figures.json"
    asked = ["--part", "events", "--rounds", "1", "--json", str(file)]
    done = CliRunner().invoke(bench.main, asked)
    assert done.exit_code == 0, done.output
    told = json.loads(file.read_text())
    by_name = {one["name"]: one for one in told["figures"]}
    assert by_name["decoded, folded, next action"]["median"] > 0
    assert 0 < by_name["decoded, folded, next action"]["to_floor"] < 1
    assert by_name["rebuilt by eventsourcing"]["floor"] == "decoded, folded, next action"
    assert "decoded, folded, next action" in done.output


def test_an_unknown_commit_is_refused_before_anything_is_measured() -> None:
    done = CliRunner().invoke(bench.main, ["--against", "no-such-commit"])
    assert done.exit_code == 1
    assert done.output == "Error: no-such-commit is no commit of this repository\n"


@pytest.fixture
def short_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_WORLDS", (("calm", 1),))
    monkeypatch.setattr(processes, "_COPIES", 1)


@pytest.mark.usefixtures("short_export")
def test_an_export_is_verified_by_one_process_and_by_several() -> None:
    done = CliRunner().invoke(processes.main, ["--json"])
    assert done.exit_code == 0, done.output
    one, several = read(json.loads(done.output))
    assert several.floor == one.name
    assert min(one.value, several.value) > 0


@pytest.mark.usefixtures("short_export")
def test_an_export_that_differs_from_its_events_is_no_benchmark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chunk = exports.exported_chunk()
    lines = [text.replace(b'"status":"OFFLINE"', b'"status":"RUNNING"') for text in chunk.lines]
    monkeypatch.setattr(processes, "exported_chunk", lambda: replace(chunk, lines=lines))
    done = CliRunner().invoke(processes.main, [])
    assert done.exit_code == 1
    assert "rows of the export differ from its events" in done.output
