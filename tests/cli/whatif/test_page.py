"""The page of a what-if."""

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.support import CliFleet, mixed, run
from tests.support import stories

SCRIPT = "<script>document.title = 'planted'</script>"


@pytest.fixture
def fleet() -> CliFleet:
    made = mixed()
    made.tell(20, replace(stories.queued(), job=stories.details(name=SCRIPT)))
    made.settle()
    made.clock.advance(40)
    made.serves(20)
    return CliFleet(made)


def _page(fleet: CliFleet, tmp_path: Path, *words: str) -> str:
    file = tmp_path / "what-if.html"
    result = run(fleet, "replay", "what-if", "--html", str(file), *words)
    assert result.exit_code == 0
    assert f"The answer is in {file}." in " ".join(result.stderr.split())
    return file.read_text()


def test_the_page_has_what_the_text_has(fleet: CliFleet, tmp_path: Path) -> None:
    page = _page(fleet, tmp_path, "--set", "max_runners=1")
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert titles == [
        "Changes",
        "What was, and what would have been",
        "Waits",
        "Cost (an estimate)",
        "Failures",
        "Jobs that differ most",
        "Assumptions",
    ]
    cells = re.sub(r"</?t[rhd].*?>", " ", page)
    assert re.search(r"max_runners +100000 +1 ", cells)
    assert re.search(r"jobs +6 +6 +6 +=", cells)
    assert re.search(r"refused: class &quot;xl&quot; is not defined +1 +1 +1 +=", cells)
    assert page.count("<svg") == 1
    assert "<li>a job takes as long as it took, on any class" in page
    assert "List prices of Fargate for x64" in page


def test_the_tiles_compare_two_runs_of_the_same_model(fleet: CliFleet, tmp_path: Path) -> None:
    page = _page(fleet, tmp_path, "--set", "max_runners=1")
    tiles = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    row = re.search(r"runner hours</th>" + r"<td>(.*?)</td>" * 4, page)
    assert row is not None
    recorded, replayed, changed, _ = row.groups()
    assert tiles["Runner hours"] == f"{replayed} → {changed}"
    assert recorded != replayed


def test_the_page_allows_its_style_alone_and_escapes_names(fleet: CliFleet, tmp_path: Path) -> None:
    page = _page(fleet, tmp_path, "--set", "max_runners=1")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy[1]
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"\b(src|href|style)=", page)


def test_the_page_and_the_document_may_be_had_at_once(fleet: CliFleet, tmp_path: Path) -> None:
    file = tmp_path / "what-if.html"
    result = run(fleet, "replay", "what-if", "--html", str(file), "--json")
    assert json.loads(result.stdout)["what_if"]["job_count"] == 6
    assert "The policy is that of the recording" in file.read_text()
