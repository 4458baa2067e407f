"""Lines of the demo: as wide as the terminal at most, with counts in one piece."""

import pytest

from local.demo.text import beside, say, together, wrapped


@pytest.fixture(autouse=True)
def _forty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")


def test_a_long_line_goes_on_below_its_beginning() -> None:
    text = wrapped("AWS calls a job     40.2 (ingest 127, scheduler 110)", indent=20)
    assert text == "AWS calls a job     40.2 (ingest 127,\n                    scheduler 110)"


def test_what_is_together_is_not_parted() -> None:
    counts = ", ".join(map(together, ["1 STARTING", "4 WAITING_FOR_JOB", "12 RUNNING"]))
    assert wrapped(f"runners: {counts}", indent=9) == (
        "runners: 1 STARTING, 4 WAITING_FOR_JOB,\n         12 RUNNING"
    )


def test_two_texts_are_beside_each_other_if_there_is_room() -> None:
    assert beside("jobs: 1 queued", "runners: none", indent=2) == "jobs: 1 queued   runners: none"


def test_two_texts_without_room_are_below_each_other() -> None:
    assert beside("jobs: 1 queued, 2 in progress", together("runners: none"), indent=2) == (
        "jobs: 1 queued, 2 in progress\n  runners: none"
    )


def test_a_paragraph_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    say("No task was started twice, none is left.", colour="green")
    assert capsys.readouterr().out.replace("\n", " ").split()[:3] == ["No", "task", "was"]
