"""`ecsrunner report`: its text at 80 columns, its document, its page."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.support import CliFleet, answer, done, mixed, on_terminal, run
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.stored import StoredFleet

SCRIPT = "<script>document.title = 'planted'</script>"
TEXT = """
Queue time by hour of day (UTC)
  HOUR   JOBS  P50  P95  P99  MAX
  00:00     1  35s  35s  35s  35s

By day (UTC)
  DAY         JOBS  P50  P95  FAILURES  TASK HOURS  ON A JOB     COST
  2025-12-31     0    -    -         0         0.0         -  $0.0000
  2026-01-01     1  35s  35s         0         0.0     77.2%  $0.0011

Cost: $0.0011 (an estimate)
"""


def _cli(fleet: SimulatedFleet) -> CliFleet:
    fleet.clock.advance(1)
    return CliFleet(fleet)


def _named(name: str) -> SimulatedFleet:
    fleet = SimulatedFleet()
    fleet.tell(7, replace(stories.queued(), job=stories.details(workflow=name)))
    fleet.settle()
    fleet.clock.advance(30)
    fleet.serves(7)
    return fleet


def _page(fleet: object, tmp_path: Path, *words: str) -> str:
    file = tmp_path / "report.html"
    result = run(fleet, "report", "--html", str(file), *words)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"The report is in {file}." in result.stderr
    return file.read_text()


class _Outline(HTMLParser):
    """The elements of a page, their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "line"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def test_hours_days_and_costs_follow_the_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_terminal(monkeypatch, 80, _cli(done()), "report", "--since", "24h")
    assert shown.startswith("2025-12-31 00:02 to 2026-01-01 00:02 UTC\n\nJobs\n  1 queued")
    assert TEXT in shown
    assert "Cost by capacity" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_period_is_a_week_unless_given() -> None:
    fleet = _cli(done())
    fleet.clock.advance(6 * 86_400)
    assert answer(fleet, "report")["job_count"] == 1
    fleet.clock.advance(86_400)
    assert answer(fleet, "report")["job_count"] == 0
    assert answer(fleet, "report", "--since", "8d")["job_count"] == 1


def test_the_document_has_statistics_hours_days_and_costs() -> None:
    found = answer(_cli(mixed()), "report", "--since", "24h")
    assert (found["job_count"], found["complete"]) == (5, True)
    assert [hour["job_count"] for hour in found["hours"]] == [5] + [0] * 23
    assert [day["day"] for day in found["days"]] == ["2025-12-31", "2026-01-01"]
    last = found["days"][1]
    assert (last["job_count"], last["failure_count"], last["task_seconds"]) == (5, 2, 278.0)
    assert last["queue_seconds"]["max"] == 35.5
    assert last["cost"] == pytest.approx(found["cost"]["total"])
    assert found["cost"]["total"] > 0


def test_an_empty_period_is_a_sentence_and_its_page_too(tmp_path: Path) -> None:
    result = run(_cli(SimulatedFleet()), "report")
    assert (result.exit_code, result.stdout) == (0, "")
    sentence = "No job, runner or image build matches in this period."
    assert result.stderr == f"{sentence}\n"
    page = _Outline(_page(_cli(SimulatedFleet()), tmp_path))
    assert sentence in page.text
    assert "svg" not in page.tags()


def test_filters_and_prices_apply() -> None:
    fleet = _cli(mixed())
    assert answer(fleet, "report", "--workflow", "CI")["job_count"] == 1
    x64, arm64 = (
        answer(fleet, "report", "--architecture", one)["cost"]["total"] for one in ("x64", "arm64")
    )
    assert arm64 < x64
    fee = answer(fleet, "report", "--github-fee", "1")["cost"]["parts"]["github"]
    assert fee == 3  # 125 s of one job that ended are three minutes


def test_the_page_loads_nothing_and_has_no_script(tmp_path: Path) -> None:
    page = _Outline(_page(_cli(mixed()), tmp_path))
    assert page.tags().isdisjoint({"script", "link", "img", "iframe", "form", "object", "a"})
    assert not any(
        name in ("src", "href", "style") or name.startswith("on")
        for _, attributes in page.elements
        for name in attributes
    )
    policy = next(a["content"] for t, a in page.elements if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_foreign_text_is_escaped_in_the_page(tmp_path: Path) -> None:
    text = _page(_cli(_named(SCRIPT)), tmp_path)
    assert "<script" not in text
    assert SCRIPT in _Outline(text).text
    with_control = _page(_cli(_named("CI\x1b[2J\u202e")), tmp_path)
    assert "\x1b" not in with_control
    assert "\u202e" not in with_control


def test_each_table_of_the_page_has_a_caption_and_headings_with_a_scope(tmp_path: Path) -> None:
    text = _page(_cli(mixed()), tmp_path)
    page = _Outline(text)
    tables = text.count("<table")
    assert tables >= 10
    assert text.count("<caption>") == tables
    scopes = {attributes.get("scope") for tag, attributes in page.elements if tag == "th"}
    assert scopes == {"col", "row"}
    charts = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert len(charts) == 6
    assert all(one["role"] == "img" and one["aria-label"] for one in charts)
    headings = re.findall(r"<(h\d)>", text)
    assert headings[0] == "h1"
    assert set(headings[1:]) == {"h2"}


def test_the_page_has_the_figures_of_the_text(tmp_path: Path) -> None:
    page = _Outline(_page(_cli(done()), tmp_path)).text
    for figure in ("35s", "77.2%", "$0.0011", "octo/repo: CI", "1 ended: 1 served"):
        assert figure in page


def test_the_page_and_the_document_can_be_had_together(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert answer(_cli(done()), "report", "--html", str(file))["job_count"] == 1
    assert file.exists()


def test_streams_that_cant_be_read_are_named_in_the_page_and_in_a_note(tmp_path: Path) -> None:
    stored = StoredFleet()
    stored.queue(1, 2)
    stored.settle()
    stored.damage_event("job-1", 1)
    page = _Outline(_page(_cli(stored), tmp_path)).text
    assert "These streams can't be read and are left out: job-1." in page
    assert "1 stream can't be read and is left out: job-1" in run(_cli(stored), "report").stderr


def test_a_file_that_cant_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "report.html"
    result = run(_cli(done()), "report", "--html", str(file))
    assert result.exit_code == 2
    assert "report.html' can't be written: " in result.stderr
