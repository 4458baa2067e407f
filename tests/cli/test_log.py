"""`ecsrunner log`: exports and imports, and what reads an export."""

import gzip
import json
from pathlib import Path

import pytest

from cli.streams import jsonl
from tests.cli.support import RUNNER, CliFleet, done, mixed, run
from tests.support.fleet import SimulatedFleet
from tests.support.images import building_fleet
from tests.support.stored import StoredFleet


def _export(fleet: SimulatedFleet, path: Path, *words: str) -> Path:
    result = run(CliFleet(fleet), "log", "export", *words, "--output", str(path))
    assert result.exit_code == 0, result.output
    return path


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_export_of_a_job_has_its_events_as_stored_and_its_rows(tmp_path: Path) -> None:
    fleet = mixed()
    header, *lines = _lines(_export(fleet, tmp_path / "log", "7"))
    assert header == {"format": "ecsrunner-log/1", "exported_at": "2026-01-01T00:03:35.500000Z"}
    recorded = fleet.log.read("job-7")
    assert lines[:-1] == [
        {"stream": "job-7", "seq": one.seq, "event": json.loads(one.text)} for one in recorded
    ]
    assert lines[-1]["stream"] == "job-7"
    row = lines[-1]["row"]
    assert isinstance(row, dict)
    assert (row["runner_id"], row["status"]) == (RUNNER, "OFFLINE")


def test_an_export_of_a_period_has_its_jobs_and_the_images_of_their_runners(
    tmp_path: Path,
) -> None:
    fleet = building_fleet(7, 8)
    streams = {line["stream"] for line in _lines(_export(fleet, tmp_path / "log"))[1:]}
    images = {one for one in fleet.log.streams() if one.startswith("image-")}
    assert images
    assert streams == {"job-7", "job-8"} | images
    nothing = _export(fleet, tmp_path / "none", "--repository", "acme/other")
    assert len(_lines(nothing)) == 1


def test_an_exported_log_agrees_with_its_rows_and_an_edited_one_does_not(tmp_path: Path) -> None:
    path = _export(mixed(), tmp_path / "log", "--all")
    result = run(object(), "replay", "verify", str(path))
    assert (result.exit_code, result.stdout) == (0, "5 streams with 6 rows compared, no drift\n")
    path.write_text(path.read_text().replace('"status":"OFFLINE"', '"status":"RUNNING"', 1))
    result = run(object(), "replay", "verify", str(path))
    assert result.exit_code == 1
    assert "status: table has RUNNING, log gives OFFLINE" in result.stdout
    path.write_text(path.read_text().replace('"seq":3', '"seq":4', 1))
    assert "event 3  can't be read" in run(object(), "replay", "verify", str(path)).stdout


def test_several_processes_give_the_same_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "CHUNK", 3)
    path = _export(mixed(), tmp_path / "log", "--all")
    path.write_text(path.read_text().replace('"status":"OFFLINE"', '"status":"RUNNING"'))
    assert len(list(jsonl.chunks(path))) >= 4
    alone = run(object(), "replay", "verify", str(path))
    together = run(object(), "replay", "verify", str(path), "--processes", "2")
    assert alone.exit_code == together.exit_code == 1
    assert alone.stdout == together.stdout
    path.write_text(path.read_text() + "no line\n")
    result = run(object(), "replay", "verify", str(path), "--processes", "2")
    assert result.exit_code == 2
    assert "is not one of an export" in " ".join(result.stderr.split())


def test_a_compressed_export_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(_export(done(), tmp_path / "log", "7").read_bytes()))
    assert run(object(), "replay", "verify", str(path)).exit_code == 0


def test_dynamodbs_export_to_s3_is_read_in_any_order(tmp_path: Path) -> None:
    fleet = StoredFleet()
    fleet.queue(7, 8)
    fleet.settle()
    for number, item in enumerate(reversed(fleet.items())):
        data = gzip.compress(json.dumps({"Item": item}).encode())
        (tmp_path / f"{number}.json.gz").write_bytes(data)
    result = run(object(), "replay", "verify", str(tmp_path))
    assert (result.exit_code, result.stdout) == (0, "2 streams with 2 rows compared, no drift\n")


def test_an_import_makes_the_same_fleet_of_an_empty_one(tmp_path: Path) -> None:
    fleet = mixed()
    path = _export(fleet, tmp_path / "log", "--all")
    other = CliFleet(SimulatedFleet())
    assert run(other, "log", "import", str(path), "--yes").exit_code == 0
    assert run(other, "replay", "rebuild", "--yes").exit_code == 0
    assert run(other, "replay", "verify").exit_code == 0
    for stream in fleet.log.streams():
        assert other.log.read(stream) == fleet.log.read(stream)
    assert {row.runner_id: row for row in other.table.all()} == {
        row.runner_id: row for row in fleet.table.all()
    }
    assert other.simulated.log.nudges == []


def test_an_import_refuses_a_table_with_events_and_asks_first(tmp_path: Path) -> None:
    path = _export(done(), tmp_path / "log", "--all")
    full = CliFleet(done())
    result = run(full, "log", "import", str(path), "--yes")
    assert result.exit_code == 1
    assert "is not empty: it has job-7; nothing is written" in result.stderr
    empty = CliFleet(SimulatedFleet())
    assert run(empty, "log", "import", str(path), typed="n\n").exit_code == 130
    assert list(empty.log.streams()) == []


def test_a_damaged_event_in_a_file_leaves_the_table_empty(tmp_path: Path) -> None:
    path = _export(mixed(), tmp_path / "log", "--all")
    path.write_text(path.read_text().replace('"type":"TaskStarted"', '"type":7', 1))
    empty = CliFleet(SimulatedFleet())
    result = run(empty, "log", "import", str(path), "--yes")
    assert result.exit_code == 1
    assert "can't be read" in result.stderr
    assert list(empty.log.streams()) == []


def test_a_stream_that_cant_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    fleet = StoredFleet()
    fleet.queue(7, 8)
    fleet.settle()
    fleet.damage_event("job-7", 1)
    result = run(CliFleet(fleet), "log", "export", "-o", str(tmp_path / "log"))
    assert result.exit_code == 1
    assert "1 streams can't be read and are left out: job-7 event 1" in result.stderr
    assert {line["stream"] for line in _lines(tmp_path / "log")[1:]} == {"job-8"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is no file of `ecsrunner log export`: its first line is not ecsrunner-log/1"),
        ('{"format":"other/9","exported_at":"2026-01-01T00:00:00Z"}', "has the format other/9"),
        (
            '{"format":"ecsrunner-log/1","exported_at":"2026-01-01T00:00:00Z"}\n{}',
            "line 2 is not one of an export: Object missing required field `stream`",
        ),
    ],
)
def test_what_is_no_export_is_named_with_its_line(
    tmp_path: Path, content: str, problem: str
) -> None:
    path = tmp_path / "log"
    path.write_text(content)
    result = run(object(), "replay", "verify", str(path))
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


def test_an_existing_file_is_not_overwritten_and_a_failed_export_leaves_none(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    path.write_text("mine")
    result = run(CliFleet(done()), "log", "export", "7", "-o", str(path))
    assert result.exit_code == 2
    assert path.read_text() == "mine"
    result = run(CliFleet(done()), "log", "export", "7", "-o", str(tmp_path / "none" / "log"))
    assert result.exit_code == 2
    assert sorted(tmp_path.iterdir()) == [path]
