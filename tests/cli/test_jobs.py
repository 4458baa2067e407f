"""`ecsrunner jobs`: its history, and which jobs there are."""

import json
from typing import Any

import pytest

from shared.domain import events as e
from tests.cli.support import CliFleet, answer, done, mixed, on_terminal, run, swapped
from tests.cli.why import fleets
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.stored import StoredFleet


def test_the_history_of_a_job_is_that_of_its_runners() -> None:
    fleet = CliFleet(done())
    assert run(fleet, "jobs", "history", "7").stdout == run(fleet, "runners", "history", "7").stdout
    assert answer(fleet, "jobs", "history", "7") == answer(fleet, "runners", "history", "7")


def _listed(fleet: SimulatedFleet, *words: str) -> dict[int, Any]:
    told = answer(CliFleet(fleet), "jobs", "list", *words)
    assert (told["complete"], told["unreadable"]) == (True, [])
    return {one["job_id"]: one for one in told["jobs"]}


def test_each_job_has_how_long_it_waited_and_ran_and_why_it_waits() -> None:
    found = _listed(mixed())
    assert list(found) == [11, 10, 9, 8, 7]
    times = {
        job_id: (one["state"], one["conclusion"], one["waited_seconds"], one["ran_seconds"])
        for job_id, one in found.items()
    }
    assert times == {
        7: ("completed", "success", 35.5, 125.0),
        8: ("refused", "", 52.0, None),
        9: ("queued", "", 52.0, None),
        10: ("completed", "cancelled", 10.0, None),
        11: ("started", "", 10.0, 42.0),
    }
    assert (found[9]["runner_id"], found[9]["reason"]) == ("fleet-9-2", "task starting")
    assert (found[8]["runner_id"], found[8]["reason"][:10]) == (None, 'class "xl"')
    assert (found[10]["runner_id"], found[11]["reason"]) == (None, "")


def test_a_job_on_the_runner_of_another_one_names_it() -> None:
    assert _listed(swapped())[1]["runner_id"] == "fleet-2-1"
    assert "on fleet-2-1\n" in run(CliFleet(swapped()), "jobs", "list").stdout


@pytest.mark.parametrize(
    ("words", "job_ids"),
    [
        (("--state", "queued"), [9]),
        (("--state", "QUEUED", "--state", "refused"), [9, 8]),
        (("--conclusion", "Cancelled", "--conclusion", "success"), [10, 7]),
        (("--state", "completed", "--conclusion", "success"), [7]),
        (("--workflow", "ci"), [7]),
        (("--since", "60s"), [11, 10, 9, 8, 7]),
        (("--since", "45s"), [11, 10, 9]),
        (("--label", "class:xl"), [8]),
        (("--repository", "other/repo"), []),
    ],
)
def test_filters_select_the_jobs(words: tuple[str, ...], job_ids: list[int]) -> None:
    assert list(_listed(mixed(), *words)) == job_ids


def test_a_held_job_that_waited_before_is_listed_as_held() -> None:
    fleet = fleets.launched()
    fleet.tell(7, e.JobHeld(job=stories.details(), fleet="fleet"))
    assert list(_listed(fleet, "--state", "held")) == [7]


def test_a_limited_list_is_said_to_be_so_as_text_and_as_json() -> None:
    fleet = CliFleet(mixed())
    told = answer(fleet, "jobs", "list", "--limit", "2")
    assert ([one["job_id"] for one in told["jobs"]], told["complete"]) == ([11, 10], False)
    assert "Only the newest 2 are shown" in run(fleet, "jobs", "list", "--limit", "2").stderr
    assert run(fleet, "jobs", "list", "--limit", "5").stderr == ""


def test_a_limited_list_does_not_read_every_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = SimulatedFleet()
    fleet.queue(*range(1, 41))
    fleet.settle()
    cli = CliFleet(fleet)
    read: list[str] = []
    original = cli.log.read

    def counted(stream: str) -> Any:
        read.append(stream)
        return original(stream)

    monkeypatch.setattr(cli.log, "read", counted)
    assert run(cli, "jobs", "list", "--limit", "3").exit_code == 0
    assert len(read) == 4


def test_none_at_all_is_said() -> None:
    result = run(CliFleet(SimulatedFleet()), "jobs", "list")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No jobs match.\n")
    assert answer(CliFleet(SimulatedFleet()), "jobs", "list")["jobs"] == []


def test_a_stream_that_cant_be_read_is_named_and_hides_no_other_job() -> None:
    fleet = StoredFleet()
    fleet.queue(7, 8)
    fleet.settle()
    fleet.damage_event("job-7", 1)
    result = run(CliFleet(fleet), "jobs", "list", "--json")
    told = json.loads(result.stdout)
    assert [one["job_id"] for one in told["jobs"]] == [8]
    assert told["unreadable"] == ["job-7 event 1"]
    assert "job-7 event 1" in run(CliFleet(fleet), "jobs", "list").stderr


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    result = run(CliFleet(mixed()), "jobs", "list", "--since", "1h", "--until", "2h")
    assert (result.exit_code, result.stdout) == (2, "")


def _named() -> CliFleet:
    fleet = mixed()
    name = "integration tests (3.12, ubuntu)"
    queued = stories.queued(name=name, repository="acme-corp/payments-service")
    fleet.tell(48000000012, queued)
    fleet.settle()
    return CliFleet(fleet)


def test_below_140_columns_each_job_has_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_terminal(monkeypatch, 80, _named(), "jobs", "list").splitlines() == [
        "JOB          STATE      WAITED  RAN     NAME              NOTE",
        "48000000012  queued     0.0s    -       integration tes…  task starting",
        "11           started    10s     42s     -",
        "10           cancelled  10s     -       -",
        "9            queued     52s     -       -                 task starting",
        '8            refused    52s     -       -                 class "xl" is not def…',
        "7            success    35s     2m 05s  build",
    ]
    assert "Notes that end with … go on: `ecsrunner jobs why JOB`" in run(
        _named(), "jobs", "list"
    ).stderr.replace("\n", " ")


def test_from_140_columns_on_names_and_notes_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    told = on_terminal(monkeypatch, 140, _named(), "jobs", "list")
    assert "acme-corp/payments-service  integration tests (3.12, ubuntu)  " in told
    assert "  task starting\n" in told
    assert "on fleet-7-1\n" in told
    assert max(map(len, told.splitlines())) <= 140
