"""`ecsrunner` on the stack, and the runners table held against the log and written anew."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.description import runners_table
from tests.local.stack.support import Up, run, until
from tests.support.rows import raw_rows

pytestmark = pytest.mark.slow(group="local-stack")


def _answer(up: Up, *words: str) -> Any:
    done = up.ecsrunner(*words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_an_ignored_webhook_is_shown_with_the_reason(up: Up) -> None:
    job_id = up.queue("true", ("ubuntu-latest",))
    until(lambda: up.ecsrunner("webhooks", str(job_id)).returncode == 0, "its log came")
    told = _answer(up, "webhooks", str(job_id))["webhooks"][0]
    assert (told["result"], told["job_id"], told["action"]) == ("ignored", job_id, "queued")
    assert told["labels"] == ["ubuntu-latest"]
    unknown = up.ecsrunner("runners", "history", str(job_id))
    assert unknown.returncode == 1
    said = " ".join(unknown.stderr.split())
    assert "was ignored: the job is not labelled self-hosted" in said


def _stored(up: Up) -> dict[str, Any]:
    """The rows of the runners table, raw, by runner id."""
    return raw_rows(up.dynamodb, up.names.runners_table)


@pytest.fixture
def rest(up: Up, done: int) -> Iterator[dict[str, Any]]:
    """The table's items when nothing moves; they are there again after the test."""
    for row in list(up.table.all()):
        up.ends(row.job_id)
    before = _stored(up)
    yield before
    assert up.ecsrunner("replay", "rebuild", "--yes").returncode == 0


def test_a_runner_is_listed_with_its_job(up: Up, done: int) -> None:
    assert f"local-{done}-1  OFFLINE" in up.ecsrunner("runners", "list").stdout
    listed = _answer(up, "runners", "list")["runners"]
    assert f"local-{done}-1" in [row["runner_id"] for row in listed]


def test_a_runner_is_listed_by_whoever_has_only_the_name_of_the_fleet(up: Up, done: int) -> None:
    aws = {name: value for name, value in up.details["cli"].items() if name.startswith("AWS_")}
    listed = run("cli", "--fleet", "local", "runners", "list", environment=aws)
    assert listed.returncode == 0, listed.stderr
    assert f"local-{done}-1  OFFLINE" in listed.stdout
    unknown = run("cli", "--fleet", "none", "runners", "list", environment=aws)
    assert unknown.returncode == 2
    assert "fleets there: local." in " ".join(unknown.stderr.split())


def test_a_job_that_ran_is_listed_and_has_the_cause_of_its_wait(up: Up, done: int) -> None:
    assert done in [job["job_id"] for job in _answer(up, "jobs", "list")["jobs"]]
    told = _answer(up, "jobs", "why", str(done))
    assert (told["cause"], told["runner_id"]) == ("started", f"local-{done}-1")


def test_whose_shell_is_in_another_region_sees_the_stack_all_the_same(
    up: Up, done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(variable, "eu-central-1")
    assert f"local-{done}-1" in up.ecsrunner("runners", "list").stdout


def test_the_status_of_the_stack_is_one_screen(up: Up, done: int) -> None:
    told = _answer(up, "status")
    assert told["fleet"] == "local"
    assert (told["alarms"], told["notes"]) == ([], [])
    assert told["slots"]["max_runners"] == 100
    assert {one["queue"] for one in told["queues"]} == {
        "scheduler", "reconciler", "scheduler-dead", "reconciler-dead", "failed-events",
    }  # fmt: skip
    assert "no rate limit in force" in up.ecsrunner("status").stdout


def test_a_runners_details_tell_what_the_row_holds(up: Up, done: int) -> None:
    assert "OFFLINE" in up.ecsrunner("runners", "details", f"local-{done}-1").stdout
    told = _answer(up, "runners", "details", f"local-{done}-1")
    assert (told["status"], told["ran_job_id"]) == ("OFFLINE", done)


def test_a_job_and_its_runner_have_a_history(up: Up, done: int) -> None:
    for wanted in (str(done), f"local-{done}-1"):
        told = _answer(up, "runners", "history", wanted)
        types = [entry["type"] for entry in told["entries"]]
        assert (types[0], told["job_id"]) == ("JobQueued", done)
        assert "TaskStopped" in types
        text = up.ecsrunner("runners", "history", wanted).stdout
        assert "job queued for self-hosted" in text
        assert "task stopped, exit code 0" in text


def test_a_runner_is_on_the_timeline(up: Up, done: int) -> None:
    """Its job takes half a second, so by GitHub's clock it may begin and end at the same time."""
    (row,) = (
        one for one in _answer(up, "timeline")["rows"] if one["runner_id"] == f"local-{done}-1"
    )
    kinds = [bar["kind"] for bar in row["bars"]]
    assert kinds[0] == "waiting"
    assert kinds[-1] in ("on a job", "stopping")
    assert f"local-{done}-1" in up.ecsrunner("timeline").stdout


def test_the_class_sizes_are_those_of_the_stack(up: Up) -> None:
    assert [one["class_name"] for one in _answer(up, "list-class-sizes")["classes"]] == [
        "small",
        "large",
    ]


def test_a_table_at_rest_is_what_the_log_gives(up: Up, rest: dict[str, Any]) -> None:
    verified = up.ecsrunner("replay", "verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "no drift" in verified.stdout


def test_a_table_that_was_lost_is_rebuilt_bit_for_bit(up: Up, rest: dict[str, Any]) -> None:
    name = up.names.runners_table
    up.dynamodb.delete_table(TableName=name)
    up.dynamodb.create_table(**runners_table(name))
    missed = up.ecsrunner("replay", "verify")
    assert missed.returncode == 1
    assert all(f"{runner_id}  is missing" in missed.stdout for runner_id in rest)
    assert up.ecsrunner("replay", "rebuild", "--yes").returncode == 0
    assert _stored(up) == rest
    assert up.ecsrunner("replay", "verify").returncode == 0


def test_a_row_edited_by_hand_is_named_field_by_field(
    up: Up, done: int, rest: dict[str, Any]
) -> None:
    runner_id = f"local-{done}-1"
    edited = {"status": {"S": "RUNNING"}, "conclusion": {"S": "failure"}}
    up.dynamodb.put_item(TableName=up.names.runners_table, Item=rest[runner_id] | edited)
    found = up.ecsrunner("replay", "verify")
    assert found.returncode == 1
    assert f"{runner_id}  differs" in found.stdout
    assert "status: table has RUNNING, log gives OFFLINE" in found.stdout
    assert "conclusion: table has failure, log gives success" in found.stdout
    (drift,) = json.loads(up.ecsrunner("replay", "verify", "--json").stdout)["drift"]
    assert {one["field"] for one in drift["differences"]} == {"status", "conclusion"}
    up.ecsrunner("replay", "rebuild", "--yes")
    assert _stored(up) == rest
