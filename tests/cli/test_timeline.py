"""`ecsrunner timeline`: text, JSON, files, and each exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from cli.chart.kinds import Kind
from cli.chart.model import Chart, Swap
from cli.render.charset import ASCII, FAULT, UNICODE
from cli.render.chart import lines
from tests.cli.support import CliFleet, answer, done, mixed, on_terminal, run, swapped
from tests.support.charts import chart_of
from tests.support.fleet import SimulatedFleet
from tests.support.stored import StoredFleet
from tests.support.stories import at

AT_80 = """\
2026-01-01 00:00:00 to 00:03:35 UTC

RUNNER            STATUS    ╷01-01        ╷00:01        ╷00:02         ╷00:03
slots, max 3                ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃███▆▆▆▆▆▆▆▆▆▆
waiting, max 3              ▃▃▃▃▃▃▃▃▃                              ███▃▃▃▃▃▃▃▃▃▃
fleet-9-2         STARTING                                           ░░░░░░░░░░░
fleet-9-1         FAILED                                           ░░✗
fleet-8-1         FAILED                                           ✗╌╌╌╌╌╌╌╌╌╌╌╌
fleet-11-1        RUNNING                                          ░░░██████████
fleet-10-1        OFFLINE                                          ░░░
fleet-7-1         OFFLINE   ░░░░░░░░─██████████████████████████████▓

░ launching  ─ idle  █ on a job  ▓ stopping  ╌ refused  ✗ fault
"""
AT_44_IN_ASCII = """\
2026-01-01 00:00:00 to 00:01:26 UTC

RUNNER
|01-01         |00:00:30      |00:01:00
slots, max 2
22222222222222222222222222222222222222222222
waiting, max 2
2222222222221
fleet-2-1
>>>>>>>>>>-^###############################~
fleet-1-1
>>>>>>>>>>-v###############################~

> launching  - idle  # on a job  ~ stopping
^v taken by the job at the line's other end
"""


def test_a_row_is_a_runner_with_its_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_terminal(monkeypatch, 80, CliFleet(mixed()), "timeline") == AT_80


def test_without_unicode_and_room_ids_are_above_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    text = on_terminal(monkeypatch, 44, CliFleet(swapped()), "timeline", "--ascii")
    assert text == AT_44_IN_ASCII
    assert text.isascii()


def test_an_arrow_leads_from_a_jobs_own_runner_to_the_one_that_it_took() -> None:
    rows = _cells(_chart_with(swap=("fleet-11-1", "fleet-9-1", False)))
    column = rows["fleet-11-1"].index("▼")
    assert rows["fleet-8-1"][column] == "╌", "a phase is not covered"
    assert not set("▲│") & set("".join(rows.values()))
    rows = _cells(_chart_with(swap=("fleet-9-2", "fleet-7-1", True), seconds=100))
    assert [row[24] for row in rows.values()] == ["▲", "│", "│", "│", "│", "▼"]


def test_an_arrow_covers_no_fault_and_needs_both_rows() -> None:
    rows = _cells(_chart_with(swap=("fleet-9-1", "fleet-7-1", False), seconds=173.5))
    assert "✗" in rows["fleet-9-1"]
    assert "▲" not in rows["fleet-9-1"]
    plain = _cells(_chart_with(swap=("fleet-99-1", "fleet-7-1", True)))
    assert not set("▲▼│") & set("".join(plain.values()))


def _chart_with(swap: tuple[str, str, bool], seconds: float = 190) -> Chart:
    """Return the chart of a fleet without swaps, with one: the taken runner, and the job's own."""
    fleet = mixed()
    made, _ = chart_of(fleet.log, fleet.table, fleet.clock.now())
    taken, own, is_mutual = swap
    one = Swap(
        at=at(seconds),
        job_id=1,
        runner_id=taken,
        displaced_job_id=2,
        spare_runner_id=own,
        is_spare_given=is_mutual,
    )
    return replace(made, swaps=(one,))


def _cells(made: Chart) -> dict[str, str]:
    """Return the axis of each row as 80 columns have it."""
    shown = [line.plain for line in lines(made, 80)]
    return {line.split()[0]: line[28:] for line in shown if line.startswith("fleet-")}


def test_a_wide_terminal_has_the_names_of_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = on_terminal(monkeypatch, 140, CliFleet(done()), "timeline").splitlines()
    assert "build · CI · octo/repo  " in lines[-3]
    assert max(map(len, lines)) <= 140


def test_kinds_and_faults_differ_without_colours() -> None:
    for charset in (UNICODE, ASCII):
        assert set(charset.cells) == {*Kind, FAULT}
        assert len(set(charset.cells.values())) == len(charset.cells)


def test_large_numbers_are_scaled_to_the_characters() -> None:
    assert [ASCII.height(value, 3) for value in range(4)] == [" ", "1", "2", "3"]
    assert [ASCII.height(value, 90) for value in (0, 1, 45, 90)] == [" ", "1", "5", "9"]
    assert [UNICODE.height(value, 90) for value in (0, 1, 45, 90)] == [" ", "▁", "▄", "█"]


def test_older_runners_are_left_out_and_counted() -> None:
    result = run(CliFleet(mixed()), "timeline", "--limit", "2")
    assert "fleet-9-2" in result.stdout
    assert "fleet-8-1" not in result.stdout
    assert result.stderr == "Only the newest 2 of 6 are shown; --limit shows more.\n"


class DeployedFleet(CliFleet):
    """A fleet whose scheduler has a limit, or an error."""

    def __init__(self, simulated: SimulatedFleet, error: Exception | None = None) -> None:
        super().__init__(simulated)
        self.error = error

    def variable(self, name: str) -> str:
        return "fleet-events" if name == "EVENTS_TABLE" else super().variable(name)

    def client(self, service: str) -> Any:
        assert service == "lambda"
        return self

    def get_function_configuration(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"FunctionName": "fleet-scheduler"}
        if self.error:
            raise self.error
        return {"Environment": {"Variables": {"MAX_RUNNERS": "100"}}}


def test_the_limit_is_that_of_the_deployed_scheduler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fleet, file = DeployedFleet(mixed()), tmp_path / "page.html"
    text = on_terminal(monkeypatch, 80, fleet, "timeline")
    assert "\nslots, max 3 of 100         ▃▃" in text
    assert "\nfleet-9-2         STARTING  " in text
    assert max(map(len, text.splitlines())) <= 80
    assert answer(fleet, "timeline")["max_runners"] == 100
    run(fleet, "timeline", "--html", str(file))
    assert "At most 3 of 100 slots were in use" in file.read_text()


def test_an_option_overrides_the_deployed_limit() -> None:
    assert answer(DeployedFleet(mixed()), "timeline", "--max-runners", "7")["max_runners"] == 7


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_limit_that_may_not_be_read_is_left_out(code: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": ""}}, "GetFunctionConfiguration")
    assert answer(DeployedFleet(mixed(), error), "timeline")["max_runners"] is None


def test_an_outage_while_the_limit_is_read_is_reported() -> None:
    error = ClientError({"Error": {"Code": "ServiceException"}}, "GetFunctionConfiguration")
    assert run(DeployedFleet(mixed(), error), "timeline").exit_code == 3


def test_a_selection_leaves_out_what_does_not_match() -> None:
    fleet = CliFleet(mixed())
    rows = answer(fleet, "timeline", "--status", "running", "--repository", "OCTO/repo")["rows"]
    assert [row["runner_id"] for row in rows] == ["fleet-11-1"]
    result = run(fleet, "timeline", "--class", "unknown")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No runners match.\n"


def test_the_document_has_rows_levels_and_swaps() -> None:
    told = answer(CliFleet(swapped()), "timeline")
    assert [row["runner_id"] for row in told["rows"]] == ["fleet-2-1", "fleet-1-1"]
    assert told["rows"][0]["bars"][-2] == {
        "kind": "on a job",
        "name": "on job 1",
        "why": "",
        "start": "2026-01-01T00:00:22Z",
        "end": "2026-01-01T00:01:24Z",
        "seconds": 62.0,
    }
    assert told["slots"][0] == {"at": "2026-01-01T00:00:00Z", "value": 2}
    assert len(told["swaps"]) == 1
    assert told["complete"]
    assert not answer(CliFleet(swapped()), "timeline", "--limit", "1")["complete"]


def test_a_stream_that_cant_be_read_is_left_out_and_named() -> None:
    fleet = StoredFleet()
    fleet.queue(7, 8)
    fleet.settle()
    fleet.damage_event("job-7", 1)
    result = run(CliFleet(fleet), "timeline")
    assert result.exit_code == 0
    assert "fleet-8-1" in result.stdout
    assert "job-7 event 1 can't be read" in result.stderr
    assert "it is left out" in result.stderr
    told = answer(CliFleet(fleet), "timeline")
    assert (len(told["unreadable"]), told["complete"]) == (1, False)


def test_page_and_trace_are_written_and_nothing_else_is_printed(tmp_path: Path) -> None:
    html, trace = tmp_path / "a b.html", tmp_path / "trace.json"
    files = ("--html", str(html), "--perfetto", str(trace))
    result = run(CliFleet(mixed()), "timeline", *files)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        f"{html} holds 6 rows.",
        f"{trace} holds 6 rows.",
    ]
    assert html.read_text().startswith("<!DOCTYPE html>")
    assert json.loads(trace.read_text())["traceEvents"]
    result = run(CliFleet(mixed()), "timeline", "--html", str(html), "--limit", "2", "--json")
    assert len(json.loads(result.stdout)["rows"]) == 2
    assert "holds 2 rows; 4 older ones are left out" in result.stderr


def test_a_file_that_cant_be_written_is_named(tmp_path: Path) -> None:
    result = run(CliFleet(done()), "timeline", "--html", str(tmp_path / "none" / "page.html"))
    assert result.exit_code == 2
    assert "can't be written: No such file or directory" in result.stderr


def test_a_page_of_no_runners_is_written_too(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert run(CliFleet(SimulatedFleet()), "timeline", "--html", str(file)).exit_code == 0
    assert "0 runners" in file.read_text()


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    result = run(CliFleet(done()), "timeline", "--since", "1h", "--until", "2h")
    assert result.exit_code == 2
    assert "has to be before --until" in result.stderr
