"""What is out of bounds is refused by the name of its field, and leaves no trace."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from functions.ingest.handler import Ingest, on_event, on_request
from shared.adapters.items import MAX_ITEM_BYTES, row_item
from shared.domain import events as e
from shared.domain.bounds import MAX_ID
from tests.support.ingest import CLUSTER, ingest
from tests.support.stored import NAMES, StoredFleet
from tests.support.webhooks import job_payload, request

PROJECT = NAMES.image_project


@pytest.fixture
def fleet() -> StoredFleet:
    return StoredFleet()


def _ingest(fleet: StoredFleet) -> Ingest:
    function = ingest(fleet)
    function.metrics.clear_metrics()
    return function


def _changed(shape: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = deepcopy(shape)
    *parents, name = path.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    place[name] = value
    return changed


def _hook(path: str, value: Any, action: str = "queued") -> bytes:
    return json.dumps(_changed(job_payload(action), path, value)).encode()


# --- webhooks ------------------------------------------------------------------------------------

ID = "workflow_job.id"
CREATED = "workflow_job.created_at"
OUT_OF_BOUNDS: dict[str, tuple[str, Any, str]] = {
    "a negative id": (ID, -1, "`int` >= 1"),
    "an id of zero": (ID, 0, "`int` >= 1"),
    "an id of 64 bits and one": (ID, MAX_ID + 1, "`int` <= 9223372036854775807"),
    "an id of 30 digits": (ID, 10**30, "`int` <= 9223372036854775807"),
    "an id with a fraction": (ID, 7.5, "Expected `int`"),
    "an id as text": (ID, "7", "Expected `int`"),
    "a run's negative id": ("workflow_job.run_id", -1, "`int` >= 0"),
    "too many attempts": ("workflow_job.run_attempt", 2**63, "`int` <= 9223372036854775807"),
    "too long a name": ("workflow_job.name", "n" * 1025, "length <= 1024"),
    "too long a workflow": ("workflow_job.workflow_name", "é" * 1025, "length <= 1024"),
    "too long a runner's name": ("workflow_job.runner_name", "r" * 1025, "length <= 1024"),
    "too long a link": ("workflow_job.html_url", "u" * 2049, "length <= 2048"),
    "too long a commit": ("workflow_job.head_sha", "a" * 1025, "length <= 1024"),
    "too long a conclusion": ("workflow_job.conclusion", "c" * 65, "length <= 64"),
    "too long an action": ("action", "a" * 65, "length <= 64"),
    "too many labels": ("workflow_job.labels", ["self-hosted"] * 129, "length <= 128"),
    "labels as text": ("workflow_job.labels", "self-hosted", "Expected `array`"),
    "no repository's name": ("repository.full_name", "octo", "matching regex"),
    "a line break in it": ("repository.full_name", "octo/repo\n", "matching regex"),
    "too long a repository": ("repository.full_name", "octo/" + "r" * 252, "length <= 256"),
    "a time without a zone": (CREATED, "2026-01-01T00:00:00", "timezone"),
    "a time as a number": (CREATED, 1767225600, "Expected `datetime | null`"),
    "no time": (CREATED, "yesterday", "Invalid RFC3339"),
    "the year 1": (CREATED, "0001-01-01T00:00:00Z", "a time from 2008-01-01"),
    "the year 1 ahead of UTC": (CREATED, "0001-01-01T00:00:00+14:00", "a time from 2008-01-01"),
    "the year 999": (CREATED, "0999-01-01T00:00:00Z", "a time from 2008-01-01"),
    "the year 9999": (CREATED, "9999-12-31T23:59:59-14:00", "to a day from now"),
    "two days ahead": (CREATED, "2026-01-03T00:00:00Z", "to a day from now"),
    "an end in the year 3000": (
        "workflow_job.completed_at",
        "3000-01-01T00:00:00Z",
        "to a day from now",
    ),
}


@pytest.mark.parametrize(
    ("path", "value", "allowed"), OUT_OF_BOUNDS.values(), ids=OUT_OF_BOUNDS.keys()
)
def test_a_field_out_of_bounds_is_a_400_that_names_it_and_what_is_allowed(
    fleet: StoredFleet, path: str, value: Any, allowed: str
) -> None:
    answer = on_request(_ingest(fleet), request(_hook(path, value)))
    assert (answer.status, answer.body["result"]) == (400, "refused")
    assert f"at `$.{path}`" in answer.body["reason"]
    assert allowed in answer.body["reason"]
    assert len(answer.body["reason"]) < 300, "it does not repeat what was sent"
    assert list(fleet.log.streams()) == []


def test_a_label_out_of_bounds_is_named_by_its_place(fleet: StoredFleet) -> None:
    body = _hook("workflow_job.labels", ["self-hosted", "l" * 257])
    answer = on_request(_ingest(fleet), request(body))
    assert answer.status == 400
    assert "length <= 256 - at `$.workflow_job.labels[1]`" in answer.body["reason"]


@pytest.mark.parametrize("job_id", [1, MAX_ID])
def test_ids_up_to_64_bits_are_taken_in(fleet: StoredFleet, job_id: int) -> None:
    assert on_request(_ingest(fleet), request(_hook(ID, job_id))).status == 202
    assert fleet.history(job_id).state.job_id == job_id


GOOD = _hook("workflow_job.name", "build").decode()
MALFORMED = {
    "a nest of 100,000 levels": (GOOD[:-1] + ', "more": ' + "[" * 100_000, "nested too deeply"),
    "NaN": (GOOD.replace('"id": 7', '"id": NaN', 1), "not JSON"),
    "two documents": (GOOD + GOOD, "trailing characters"),
    "half a surrogate pair": (GOOD.replace('"build"', '"\\ud800"'), "not JSON"),
    "the wrong one of two equal keys": (GOOD[:-1] + ', "workflow_job": {"id": 8}}', "`labels`"),
}


@pytest.mark.parametrize(("body", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_malformed_is_a_400_with_the_reason(
    fleet: StoredFleet, body: str, reason: str
) -> None:
    answer = on_request(_ingest(fleet), request(body.encode()))
    assert answer.status == 400
    assert reason in answer.body["reason"]
    assert list(fleet.log.streams()) == []


@pytest.mark.parametrize("body", [GOOD.encode("utf-16"), GOOD.encode().replace(b"build", b"\xff")])
def test_a_body_that_is_not_utf_8_is_a_400(fleet: StoredFleet, body: bytes) -> None:
    answer = on_request(_ingest(fleet), request(body, encoded=True))
    assert (answer.status, "not JSON" in answer.body["reason"]) == (400, True)


def test_a_nest_of_100_levels_in_a_field_that_nobody_reads_is_taken_in(fleet: StoredFleet) -> None:
    body = GOOD[:-1] + ', "more": ' + "[" * 99 + "]" * 99 + "}"
    assert on_request(_ingest(fleet), request(body.encode())).status == 202


def test_of_two_equal_keys_the_last_value_counts(fleet: StoredFleet) -> None:
    body = GOOD.replace('"id": 7', '"id": 7, "id": 8', 1)
    assert on_request(_ingest(fleet), request(body.encode())).body["stream"] == "job-8"


LARGEST = "\x01"
"""Six bytes in JSON, the most that a character takes; in a row it is "😀", with four."""


@pytest.mark.parametrize("character", [LARGEST, "😀"])
def test_the_largest_body_within_bounds_fits_into_its_items(
    fleet: StoredFleet, character: str
) -> None:
    hook = job_payload(
        "queued",
        MAX_ID,
        labels=("self-hosted", *(f"run:{n:03}" + character * 249 for n in range(127))),
        name=character * 1024,
        workflow_name=character * 1024,
        html_url=character * 2048,
        run_id=MAX_ID,
        created_at=fleet.clock.now().isoformat(),
    )
    hook["deployment"] = None
    body = json.dumps(hook, ensure_ascii=character == LARGEST).encode()
    assert on_request(_ingest(fleet), request(body)).status == 202
    fleet.settle()
    recorded = fleet.log.read(f"job-{MAX_ID}")
    assert [one.event.type for one in recorded][1] == "LaunchIntended"
    sizes = [len(one.text.encode()) for one in recorded]
    row = row_item(fleet.row(f"fleet-{MAX_ID}-1"))
    sizes.append(len(json.dumps(row, ensure_ascii=False).encode()))
    assert max(sizes) < MAX_ITEM_BYTES * 0.75, "room for what is to come"


# --- events of AWS -------------------------------------------------------------------------------

TASK = {
    "id": "event-1",
    "detail-type": "ECS Task State Change",
    "detail": {
        "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/fleet/1",
        "clusterArn": CLUSTER,
        "lastStatus": "STOPPED",
        "version": 3,
        "startedBy": "fleet-7-1",
        "stoppedAt": "2026-01-01T00:00:09Z",
        "containers": [{"name": "runner", "exitCode": 0, "reason": ""}],
    },
}
BUILD = {
    "id": "event-1",
    "detail-type": "CodeBuild Build State Change",
    "time": "2026-01-01T00:00:00Z",
    "detail": {
        "build-status": "FAILED",
        "project-name": PROJECT,
        "build-id": f"arn:aws:codebuild:us-east-1:123456789012:build/{PROJECT}:1",
        "additional-information": {
            "environment": {"environment-variables": [{"name": "IMAGE_TAG", "value": "tag-1"}]},
            "phases": [{"phase-type": "BUILD", "phase-status": "FAILED", "phase-context": ["no"]}],
        },
    },
}
UNREADABLE: list[tuple[dict[str, Any], str, Any, str]] = [
    (TASK, "detail", None, "$.detail"),
    (TASK, "detail.version", -1, "$.detail.version"),
    (TASK, "detail.version", 2**64, "$.detail.version"),
    (TASK, "detail.taskArn", 7, "$.detail.taskArn"),
    (TASK, "detail.taskArn", "a" * 2049, "$.detail.taskArn"),
    (TASK, "detail.startedBy", "\ud800", "$.detail.startedBy"),
    (TASK, "detail.stoppedAt", "0999-01-01T00:00:00Z", "$.detail.stoppedAt"),
    (TASK, "detail.stoppedAt", "2026-01-01T00:00:00", "$.detail.stoppedAt"),
    (TASK, "detail.stoppingAt", "0999-01-01T00:00:00Z", "$.detail.stoppingAt"),
    (TASK, "detail.stoppedReason", "r" * 4097, "$.detail.stoppedReason"),
    (TASK, "detail.containers", [{}] * 11, "$.detail.containers"),
    (TASK, "detail.containers", [{"exitCode": 2**40}], "$.detail.containers[0].exitCode"),
    (TASK, "id", "an event", "$.id"),
    (TASK, "id", "x" * 129, "$.id"),
    (BUILD, "detail.build-id", None, "$.detail.build-id"),
    (BUILD, "time", "\ud800", "surrogates not allowed"),
    (BUILD, "time", "9999-12-31T00:00:00Z", "$.time"),
    (BUILD, "detail.additional-information.phases", [{}] * 101, ".phases"),
]


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_event_of_aws_that_can_not_be_read_is_dropped_logged_and_counted(
    fleet: StoredFleet, caplog: pytest.LogCaptureFixture, case: tuple[dict[str, Any], str, Any, str]
) -> None:
    """A failure would be tried again, and would fail again."""
    ingest = _ingest(fleet)
    *changed, named = case
    answer = on_event(ingest, _changed(*changed))
    assert answer["result"] == "unreadable"
    assert named in answer["reason"]
    assert ingest.metrics.metric_set["Unreadable"]["Value"] == [1.0]
    (line,) = (line for line in caplog.records if line.levelname == "ERROR")
    assert line.reason == answer["reason"]
    assert list(fleet.log.streams()) == []


@pytest.mark.parametrize(
    "started_by", ["fleet-0-1", "fleet-007-1", f"fleet-{MAX_ID + 1}-1", "fleet-9" + "9" * 30 + "-1"]
)
def test_a_task_of_no_job_that_there_can_be_is_ignored(fleet: StoredFleet, started_by: str) -> None:
    event = _changed(TASK, "detail.startedBy", started_by)
    assert on_event(_ingest(fleet), event)["result"] == "ignored"


def test_the_reasons_of_a_build_and_of_a_task_are_cut_where_their_items_would_be_too_large(
    fleet: StoredFleet,
) -> None:
    phase = {"phase-type": "BUILD", "phase-status": "FAILED", "phase-context": ["r" * 4096] * 10}
    on_event(_ingest(fleet), _changed(BUILD, "detail.additional-information.phases", [phase] * 100))
    (build,) = fleet.log.read("image-tag-1")
    assert isinstance(build.event.fact, e.ImageBuildEnded)
    assert len(build.event.fact.reason) == 4096
    containers = [{"reason": f"{n}" + "r" * 4095} for n in range(10)]
    on_event(_ingest(fleet), _changed(TASK, "detail.containers", containers))
    (task,) = fleet.log.read("job-7")
    assert isinstance(task.event.fact, e.TaskStopped)
    assert len(task.event.fact.reason) == 4096


# --- a stream that can't be read -----------------------------------------------------------------


def test_a_webhook_of_a_job_whose_stream_can_not_be_read_is_a_503_that_names_the_event(
    fleet: StoredFleet,
) -> None:
    fleet.queue(7)
    fleet.damage_event("job-7", 1)
    ingest = _ingest(fleet)
    answer = on_request(ingest, request(_hook("workflow_job.name", "build")))
    assert (answer.status, answer.body["result"]) == (503, "failed")
    assert "job-7 event 1 can't be read" in answer.body["reason"]
    assert ingest.metrics.metric_set["Unreadable"]["Value"] == [1.0]
    assert on_request(ingest, request(_hook(ID, 8), guid="g8")).status == 202


# --- late deliveries -----------------------------------------------------------------------------


def _queue(fleet: StoredFleet, job_id: int, created_at: datetime, **deployment: Any) -> None:
    hook = job_payload("queued", job_id, created_at=created_at.isoformat())
    hook["deployment"] = deployment or None
    body = json.dumps(hook).encode()
    assert on_request(_ingest(fleet), request(body, guid=f"g{job_id}")).status == 202


@pytest.mark.parametrize(
    ("age", "types"),
    [
        (timedelta(days=1000), ["JobQueued", "JobRejected"]),
        (timedelta(hours=24), ["JobQueued", "JobRejected"]),
        (timedelta(hours=23, minutes=59), ["JobQueued", "LaunchIntended", "RunnerLaunched"]),
        (-timedelta(hours=23), ["JobQueued", "LaunchIntended", "RunnerLaunched"]),
    ],
)
def test_a_delivery_older_than_github_keeps_a_job_queued_is_recorded_and_not_launched(
    fleet: StoredFleet, age: timedelta, types: list[str]
) -> None:
    _queue(fleet, 7, fleet.clock.now() - age)
    fleet.settle()
    assert fleet.types(7) == types
    rejected = fleet.log.read("job-7")[-1].event.fact
    if isinstance(rejected, e.JobRejected):
        assert "cancels what has been queued for 24 hours" in rejected.reason


def test_a_job_that_was_created_days_ago_and_approved_now_is_launched(fleet: StoredFleet) -> None:
    now = fleet.clock.now()
    _queue(fleet, 7, now - timedelta(days=3), updated_at=now.isoformat())
    fleet.settle()
    assert fleet.types(7)[-1] == "RunnerLaunched"


def test_jobs_wait_in_the_order_of_their_arrival_whatever_their_bodies_say(
    fleet: StoredFleet,
) -> None:
    fleet.policy = replace(fleet.policy, max_runners=1)
    now = fleet.clock.now().astimezone(UTC)
    for job_id, hours in ((1, 1), (2, 2), (3, 20), (4, 10)):
        _queue(fleet, job_id, now - timedelta(hours=hours))
        fleet.settle()
        fleet.clock.advance(1)
    assert fleet.table.waiting(9) == [2, 3, 4]
