"""The door into the log: what GitHub and ECS are answered, and what is in the log then."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from functions.ingest import handler as ingest_handler
from functions.ingest.handler import (
    EMPTY_BATCH,
    Ingest,
    UnknownEventError,
    on_event,
    on_request,
)
from functions.ingest.settings import Settings
from local.fargate.lifecycle import matches_rule
from shared.domain import events as e
from shared.domain import next_action
from shared.domain.pairing.rules import assign
from shared.domain.slot.counter import Shard
from shared.ports import Conflict, Refused, Unavailable
from tests.simulated.names import FLEET
from tests.support import stories
from tests.support.clock import ManualClock
from tests.support.log import SimulatedLog
from tests.support.recording import record_event
from tests.support.task_states import TASK_STATES
from tests.support.webhooks import PAYLOADS, SECRET, job_payload, payload, request, sign

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/fleet"


class Secrets:
    def __init__(self, **values: str) -> None:
        self._values = values

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        return {name: self._values[name] for name in names}


def _ingest(log: SimulatedLog, scope: tuple[str, ...] = ("octo/repo",), **more: Any) -> Ingest:
    settings = Settings(
        events_table="events",
        runner_table="runners",
        prefix="fleet",
        cluster=CLUSTER,
        github_scope=scope,
        webhook_secret_param="now",
        **more,
    )
    secrets = Secrets(now=SECRET, before="an old one")
    return Ingest(
        settings=settings,
        log=log,
        waiting=log.table.waiting,
        parameters=secrets,
        pause=lambda _: None,
    )


@pytest.fixture
def log() -> SimulatedLog:
    return SimulatedLog()


def _send(log: SimulatedLog, hook: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    answer = on_request(_ingest(log), request(json.dumps(hook).encode(), **more))
    return answer.status, answer.body


# --- what is taken in ----------------------------------------------------------------------------


def test_a_queued_job_is_appended_and_nudges_the_scheduler(log: SimulatedLog) -> None:
    status, body = _send(log, job_payload("queued", labels=("Self-Hosted", "class:large")))
    assert (status, body["result"]) == (202, "accepted")
    (recorded,) = log.read("job-7")
    assert recorded.event.id == "guid-1"
    assert recorded.event.at == datetime(2023, 4, 19, 21, 12, 14, tzinfo=UTC), (
        "when it was approved"
    )
    assert isinstance(recorded.event.fact, e.JobQueued)
    assert recorded.event.fact.job.labels == ("Self-Hosted", "class:large")
    assert log.nudges == [("scheduler", "job-7", "guid-1")]
    (row,) = log.table.all()
    assert (row.runner_id, row.status) == ("fleet-7-1", "STARTING")


@pytest.mark.parametrize(
    ("sent", "recorded"),
    [("a" * 40, "a" * 40), ("0" * 64, "0" * 64), ("main", ""), ("A" * 40, ""), (None, "")],
)
def test_the_commit_of_a_job_is_recorded_if_it_is_one(
    log: SimulatedLog, sent: str | None, recorded: str
) -> None:
    assert _send(log, job_payload("queued", head_sha=sent))[0] == 202
    (event,) = log.read("job-7")
    assert event.event.fact.job.head_sha == recorded


def test_a_held_job_is_appended_and_nudges_nobody(log: SimulatedLog) -> None:
    status, _ = _send(log, job_payload("waiting"))
    assert status == 202
    (recorded,) = log.read("job-7")
    assert isinstance(recorded.event.fact, e.JobHeld)
    assert recorded.event.fact.fleet == "fleet"
    assert recorded.event.fact.job.repository == "octo/repo"
    assert log.nudges == []


def test_start_and_end_name_our_runner_and_the_times_of_github(log: SimulatedLog) -> None:
    _send(log, job_payload("queued"), guid="g1")
    record_event(log, "job-7", stories.event(stories.intended()))
    start, end = "2026-01-01T00:00:05Z", "2026-01-01T00:01:05Z"
    _send(log, job_payload("in_progress", runner="fleet-7-1", started_at=start), guid="g2")
    hook = job_payload(
        "completed", runner="fleet-7-1", started_at=start, completed_at=end, conclusion="success"
    )
    _send(log, hook, guid="g3")
    row = log.table.get("fleet-7-1")
    assert row is not None
    assert row.started_at == datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert row.completed_at == datetime(2026, 1, 1, 0, 1, 5, tzinfo=UTC)
    assert row.ran_job_id == 7


def test_a_fact_is_recorded_even_if_the_rules_fail_on_it(
    log: SimulatedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    broken = ((role, fail if rule is assign else rule) for role, rule in next_action.RULES)
    monkeypatch.setattr(next_action, "RULES", tuple(broken))
    status, _ = _send(log, job_payload("in_progress", runner="fleet-8-1"))
    assert status == 202
    (recorded,) = log.read("job-7")
    assert isinstance(recorded.event.fact, e.JobStarted)
    assert [route for route, _, _ in log.nudges] == ["both"]


def test_a_waiting_job_that_can_not_be_read_is_left_out_when_a_slot_is_freed(
    log: SimulatedLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record_event(log, "job-7", stories.event(stories.queued(), event_id="queued"))
    record_event(log, "job-7", stories.event(stories.intended(), event_id="intended"))
    damaged = {"stream": {"S": "job-8"}, "seq": {"N": "1"}, "id": {"S": "x"}, "body": {"S": "{"}}
    log.client.put_item(TableName=FLEET.events_table, Item=damaged)
    waits = replace(log.slots(), shards=(Shard(held=1, awaited=1), *log.slots().shards[1:]))
    monkeypatch.setattr(log, "slots", lambda: waits)
    ingest = replace(_ingest(log), waiting=lambda _: [8])
    on_event(ingest, _task("STOPPED", startedBy="fleet-7-1", stoppedAt="2026-01-01T00:00:08Z"))
    assert [one.event.type for one in log.read("job-7")][-2:] == ["TaskStopped", "SlotFreed"]
    assert "left out because it can't be read" in caplog.text


def test_a_circuit_breaker_that_ingest_opens_is_an_error_in_the_log_and_is_counted(
    log: SimulatedLog, caplog: pytest.LogCaptureFixture
) -> None:
    for fact in (stories.queued(), stories.intended(), stories.launched()):
        record_event(log, "job-7", stories.event(fact, event_id=type(fact).__name__))
    ingest = _ingest(log, circuit_failures=1)
    ingest.metrics.clear_metrics()
    failed = {"taskArn": stories.TASK, "containers": [{"name": "runner", "exitCode": 1}]}
    on_event(ingest, _task("STOPPED", stoppedAt="2026-01-01T00:00:08Z", **failed))
    freed = log.read("job-7")[-1].event.fact
    assert isinstance(freed, e.SlotFreed)
    assert freed.circuit_opened
    assert list(ingest.metrics.metric_set) == ["CircuitOpened"]
    ingest.metrics.clear_metrics()
    assert "circuit breaker opened" in caplog.text


def test_another_fleets_runner_is_not_taken_for_ours(log: SimulatedLog) -> None:
    _send(log, job_payload("in_progress", runner="other-7-1"))
    (recorded,) = log.read("job-7")
    assert isinstance(recorded.event.fact, e.JobStarted)
    assert recorded.event.fact.runner_id is None
    assert recorded.event.fact.runner_name == "other-7-1"


def test_a_delivery_sent_fifty_times_at_once_is_in_the_log_once(log: SimulatedLog) -> None:
    hook = job_payload("queued")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _send(log, hook), range(50)))
    assert {status for status, _ in answers} == {202}
    assert [body["result"] for _, body in answers].count("accepted") == 1
    assert len(log.read("job-7")) == 1
    assert len(log.nudges) == 1


def test_fifty_deliveries_of_one_job_at_once_make_one_runner(log: SimulatedLog) -> None:
    hook = job_payload("queued")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: _send(log, hook, guid=f"g{n}"), range(50)))
    assert {status for status, _ in answers} == {202}
    assert [one.seq for one in log.read("job-7")] == list(range(1, 51))
    assert [row.runner_id for row in log.table.all()] == ["fleet-7-1"]


def test_a_body_in_base64_is_decoded_before_it_is_verified(log: SimulatedLog) -> None:
    status, _ = _send(log, job_payload("queued"), encoded=True)
    assert status == 202
    assert len(log.read("job-7")) == 1


def test_unknown_fields_and_conclusions_are_accepted(log: SimulatedLog) -> None:
    hook = job_payload("completed", conclusion="eaten_by_a_grue", runner="fleet-7-1")
    hook["workflow_job"]["mood"] = {"good": [1]}
    status, _ = _send(log, hook | {"weather": "fine"})
    recorded, *_ = log.read("job-7")
    assert status == 202
    assert isinstance(recorded.event.fact, e.JobCompleted)
    assert recorded.event.fact.conclusion == "eaten_by_a_grue"


def test_the_previous_secret_is_accepted_while_it_is_rotated(log: SimulatedLog) -> None:
    body = json.dumps(job_payload("queued")).encode()
    with_old = request(body, signature=sign(body, "an old one"))
    assert on_request(_ingest(log), with_old).status == 401
    rotating = _ingest(log, webhook_secret_previous_param="before")
    assert on_request(rotating, with_old).status == 202


# --- what is ignored, and why --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "scope", "reason"),
    [
        ("workflow_job.in_progress.289782451", "Codertocat", "not labelled self-hosted"),
        ("workflow_job.completed.289782451.success", "Codertocat", "not labelled self-hosted"),
        ("workflow_job.queued.12877621891", "octo/repo", "is not in this fleet's scope"),
        ("workflow_job.waiting.12877621891", "lineville", "does not offer k8s; offered: linux"),
    ],
)
def test_real_payloads_that_are_none_of_ours_are_ignored_with_a_reason(
    log: SimulatedLog, name: str, scope: str, reason: str
) -> None:
    answer = on_request(_ingest(log, (scope,)), request(payload(name)))
    assert (answer.status, answer.body["result"]) == (202, "ignored")
    assert reason in answer.body["reason"]
    assert log.events == {}


def test_an_ignored_delivery_is_logged_with_what_it_was_about(
    log: SimulatedLog, caplog: pytest.LogCaptureFixture
) -> None:
    hook = job_payload("queued", labels=("ubuntu-latest",), name="build")
    status, body = _send(log, hook, guid="guid-9")
    about = {
        "stream": "job-7",
        "action": "queued",
        "repository": "octo/repo",
        "job_name": "build",
        "labels": ("ubuntu-latest",),
        "delivery": "guid-9",
    }
    assert (status, {name: body[name] for name in about}) == (202, about)
    (line,) = caplog.records
    assert {name: getattr(line, name) for name in about} == about
    assert getattr(line, "job_id", None) == 7


def test_an_answer_about_an_ignored_delivery_is_json(log: SimulatedLog) -> None:
    _, body = _send(log, job_payload("queued", labels=("ubuntu-latest",)))
    assert json.loads(json.dumps(body))["labels"] == ["ubuntu-latest"]


def test_the_real_queued_payload_of_a_self_hosted_job_is_accepted(log: SimulatedLog) -> None:
    body = payload("workflow_job.queued.12877621891")
    answer = on_request(_ingest(log, ("lineville",), offered_labels=("k8s",)), request(body))
    assert (answer.status, answer.body["stream"]) == (202, "job-12877621891")


def test_every_real_payload_was_looked_at() -> None:
    assert len(list(PAYLOADS.iterdir())) == 5


def test_ping_is_answered_200(log: SimulatedLog) -> None:
    answer = on_request(_ingest(log), request(payload("ping"), "ping"))
    assert (answer.status, answer.body) == (200, {"result": "pong"})


def test_other_events_and_actions_are_ignored(log: SimulatedLog) -> None:
    assert on_request(_ingest(log), request(b"{}", "push")).status == 202
    status, body = _send(log, job_payload("teleported"))
    assert (status, body["result"]) == (202, "ignored")
    assert log.events == {}


def test_jobs_without_an_image_label_are_not_refused(log: SimulatedLog) -> None:
    status, body = _send(log, job_payload("queued", labels=("self-hosted", "linux")))
    assert (status, body["result"]) == (202, "accepted")
    status, body = _send(log, job_payload("queued", 8, labels=("ubuntu-latest",)))
    assert (status, body["result"]) == (202, "ignored")


def test_a_signed_payload_of_another_repository_gets_nothing(log: SimulatedLog) -> None:
    status, body = _send(log, job_payload("queued", repository="mallory/repo"))
    assert (status, body["result"]) == (202, "ignored")
    assert log.events == {}


# --- what is refused -----------------------------------------------------------------------------

GOOD = json.dumps(job_payload("queued")).encode()


@pytest.mark.parametrize(
    ("made", "status", "reason"),
    [
        (request(GOOD, signature=""), 401, "X-Hub-Signature-256 is missing"),
        (request(GOOD, signature="sha256=00"), 401, "does not fit"),
        (request(GOOD, signature="sha1=zoë"), 401, "does not fit"),
        (request(GOOD, signature=sign(GOOD, "guessed")), 401, "does not fit"),
        (request(GOOD, signature=sign(GOOD + b" ")), 401, "does not fit"),
        (request(GOOD, guid=""), 400, "X-GitHub-Delivery"),
        (request(GOOD, guid="a b"), 400, "X-GitHub-Delivery is not valid"),
        (request(GOOD, guid="x" * 129), 400, "1 to 128 letters, digits and ASCII punctuation"),
        (request(GOOD, guid="zoë"), 400, "X-GitHub-Delivery is not valid"),
        (request(b"{"), 400, "the body is not JSON"),
        (request(b"payload=%7B%7D"), 400, "content type to application/json"),
        (request(b"\xff\xfe", encoded=True), 400, "the body is not JSON"),
        (request(b"[]"), 400, "not the shape of a workflow_job event"),
        (request(b"{}"), 400, "not the shape of a workflow_job event"),
        (request(b'{"action": 1}'), 400, "not the shape"),
        (request(b"not json", "push"), 400, "the body is not JSON"),
        (request(GOOD) | {"isBase64Encoded": True}, 400, "is said to be base64"),
        (request(b" " * (25 * 1024 * 1024)), 413, "at most 1048576 are read"),
        (request(b"x" * (1024 * 1024 + 1), encoded=True), 413, "at most 1048576"),
        (request(GOOD, method="GET"), 405, "GET is not allowed"),
        (request(GOOD, path="/"), 404, "webhooks go to POST /webhook"),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_no_trace(
    log: SimulatedLog, made: dict[str, Any], status: int, reason: str
) -> None:
    answer = on_request(_ingest(log), made)
    assert (answer.status, answer.body["result"]) == (status, "refused")
    assert reason in answer.body["reason"]
    assert log.events == {}


def test_an_answer_never_holds_the_expected_signature(log: SimulatedLog) -> None:
    answer = on_request(_ingest(log), request(GOOD, signature="sha256=00"))
    assert sign(GOOD) not in json.dumps(answer.body)


class BrokenLog(SimulatedLog):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def append(self, *_: Any) -> None:
        raise self._error


@pytest.mark.parametrize("error", [Unavailable("throttled"), Conflict("lost")])
def test_an_append_that_fails_is_a_5xx_so_that_github_can_redeliver(error: Exception) -> None:
    answer = on_request(_ingest(BrokenLog(error)), request(GOOD))
    assert answer.status == 503


# --- the webhook's secrets -----------------------------------------------------------------------


class Store(Secrets):
    """Parameters that can't be read while there is a `failure`; `asked` counts the calls."""

    def __init__(self, **values: str) -> None:
        super().__init__(**values)
        self.failure: Exception | None = None
        self.asked = 0

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return super().values(names)

    def rotate(self, secret: str) -> None:
        self._values["now"] = secret


DOWN = Unavailable("SSM: ThrottlingException: Rate exceeded")


def _with_store(log: SimulatedLog) -> tuple[Ingest, Store, ManualClock]:
    store, clock = Store(now=SECRET), ManualClock()
    return msgspec.structs.replace(_ingest(log), parameters=store, clock=clock), store, clock


def test_the_last_known_secret_is_used_while_the_store_is_down_for_an_hour_at_most(
    log: SimulatedLog,
) -> None:
    ingest, store, clock = _with_store(log)
    assert on_request(ingest, request(GOOD, guid="g0")).status == 202
    store.failure = DOWN
    for number in range(1, 7):
        clock.advance(600)
        assert on_request(ingest, request(GOOD, guid=f"g{number}")).status == 202
        assert on_request(ingest, request(GOOD, signature="sha256=00")).status == 401
    clock.advance(1)
    answer = on_request(ingest, request(GOOD, guid="g7"))
    assert (answer.status, answer.body["result"]) == (503, "failed")
    assert "ThrottlingException" in answer.body["reason"]
    assert len(log.read("job-7")) == 7


def test_a_cold_start_without_any_known_secret_answers_503_until_the_store_is_there(
    log: SimulatedLog,
) -> None:
    ingest, store, _ = _with_store(log)
    store.failure = DOWN
    for _ in range(2):
        assert on_request(ingest, request(GOOD)).status == 503
    assert log.events == {}
    store.failure = None
    assert on_request(ingest, request(GOOD)).status == 202


def test_a_store_that_is_down_is_not_asked_for_every_webhook(log: SimulatedLog) -> None:
    """A hung call would cost each webhook its time-out, of the 10 s that GitHub waits."""
    ingest, store, clock = _with_store(log)
    on_request(ingest, request(GOOD))
    store.failure = DOWN
    for number in range(100):
        on_request(ingest, request(GOOD, guid=f"g{number}"))
        clock.advance(0.5)
    assert store.asked == 1 + 5, "every 10 s of the 50"


def test_secrets_are_read_again_as_soon_as_the_store_is_there(log: SimulatedLog) -> None:
    ingest, store, clock = _with_store(log)
    on_request(ingest, request(GOOD))
    store.failure = DOWN
    clock.advance(1800)
    on_request(ingest, request(GOOD))
    store.failure = None
    store.rotate("a new one")
    clock.advance(10)
    with_new = request(GOOD, signature=sign(GOOD, "a new one"))
    assert on_request(ingest, with_new).status == 202
    assert on_request(ingest, request(GOOD)).status == 401, "the old one does no longer"
    store.failure = DOWN
    clock.advance(3600)
    assert on_request(ingest, with_new).status == 202, "the hour begins with the last good read"


def test_a_secret_that_is_not_there_is_not_replaced_by_one_that_was(log: SimulatedLog) -> None:
    ingest, store, _ = _with_store(log)
    on_request(ingest, request(GOOD))
    store.failure = Refused("SSM: no parameter now")
    assert on_request(ingest, request(GOOD, guid="g2")).status == 503


def test_that_the_last_known_secrets_are_used_is_logged_and_counted_without_them(
    log: SimulatedLog, caplog: pytest.LogCaptureFixture
) -> None:
    ingest, store, _ = _with_store(log)
    on_request(ingest, request(GOOD))
    store.failure = DOWN
    ingest.metrics.clear_metrics()
    on_request(ingest, request(GOOD, guid="g2"))
    assert ingest.metrics.metric_set["SecretsNotRead"]["Value"] == [1.0]
    ingest.metrics.clear_metrics()
    (warning,) = (line for line in caplog.records if line.levelname == "WARNING")
    assert warning.reason == DOWN.reason
    assert SECRET not in caplog.text


# --- ECS -----------------------------------------------------------------------------------------


def _task(status: str, version: int = 3, **more: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": f"event-{status}-{version}",
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "detail": {
            "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/fleet/1",
            "clusterArn": CLUSTER,
            "lastStatus": status,
            "version": version,
            "startedBy": "fleet-7-1",
            "updatedAt": "2026-01-01T00:00:09Z",
            **more,
        },
    }


def test_a_stopped_task_is_a_fact_with_codes_and_reasons(log: SimulatedLog) -> None:
    event = _task(
        "STOPPED",
        stopCode="EssentialContainerExited",
        stoppedReason="Essential container in task exited",
        stoppingAt="2026-01-01T00:00:05.25Z",
        stoppedAt="2026-01-01T00:00:08Z",
        containers=[{"name": "runner", "exitCode": 137, "reason": "OutOfMemoryError"}],
    )
    assert on_event(_ingest(log), event)["new"] is True
    (recorded,) = log.read("job-7")
    assert recorded.event.at == datetime(2026, 1, 1, 0, 0, 8, tzinfo=UTC)
    assert recorded.event.fact == e.TaskStopped(
        runner_id="fleet-7-1",
        task_arn="arn:aws:ecs:us-east-1:123456789012:task/fleet/1",
        version=3,
        stop_code="EssentialContainerExited",
        reason="Essential container in task exited; OutOfMemoryError",
        exit_code=137,
        stopping_at=datetime(2026, 1, 1, 0, 0, 5, 250_000, tzinfo=UTC),
    )
    assert on_event(_ingest(log), event)["new"] is False


@pytest.mark.parametrize(("last", "desired"), TASK_STATES)
def test_what_the_rule_matches_is_recorded_and_all_else_is_ignored(
    log: SimulatedLog, last: str, desired: str
) -> None:
    event = _task(last, desiredStatus=desired)
    answer = on_event(_ingest(log), event)
    if matches_rule(event["detail"]):
        assert answer["result"] == "accepted"
        assert [one.event.id for one in log.read("job-7")] == [event["id"]]
    else:
        assert answer["result"] == "ignored"
        assert f"the task is {last} (desired status: {desired})" in answer["reason"]
        assert log.events == {}


def test_a_task_that_runs_is_a_fact_of_when_it_started(log: SimulatedLog) -> None:
    on_event(_ingest(log), _task("RUNNING", startedAt="2026-01-01T00:00:07Z"))
    (recorded,) = log.read("job-7")
    assert recorded.event.at == datetime(2026, 1, 1, 0, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "other",
    [{"clusterArn": f"{CLUSTER}-b"}, {"startedBy": "ecs-svc/1"}, {"startedBy": "other-7-1"}],
)
def test_tasks_of_others_are_ignored(log: SimulatedLog, other: dict[str, str]) -> None:
    assert on_event(_ingest(log), _task("STOPPED", **other))["result"] == "ignored"
    assert log.events == {}


def test_an_eventbridge_event_that_fails_raises_so_that_it_is_tried_again() -> None:
    with pytest.raises(Unavailable):
        on_event(_ingest(BrokenLog(Unavailable("throttled"))), _task("RUNNING"))


def test_an_event_of_another_kind_raises(log: SimulatedLog) -> None:
    with pytest.raises(UnknownEventError):
        on_event(_ingest(log), {"detail-type": "Scheduled Event", "id": "1", "detail": {}})


class Context:
    function_name = "ingest"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:ingest"
    aws_request_id = "request-1"


def test_the_handler_answers_as_api_gateway_wants(
    log: SimulatedLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ingest = _ingest(log)
    monkeypatch.setattr(ingest_handler, "wired", lambda: ingest)
    answer = ingest_handler.handler(request(GOOD), Context())
    assert answer["statusCode"] == 202
    assert json.loads(answer["body"])["result"] == "accepted"
    lines = [(line.getMessage(), getattr(line, "job_id", None)) for line in caplog.records]
    assert lines == [("JobQueued", None), ("accepted", 7)], "the former has it as a context key"
    with pytest.raises(UnknownEventError):
        ingest_handler.handler({"Records": [{"eventSource": "aws:sqs"}]}, Context())


def test_an_empty_batch_keeps_an_environment_and_records_nothing(
    log: SimulatedLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ingest = _ingest(log)
    monkeypatch.setattr(ingest_handler, "wired", lambda: ingest)
    assert ingest_handler.handler(EMPTY_BATCH, Context()) == {"result": "nothing to do"}
    assert not caplog.records
    assert not list(log.streams())


def test_the_handler_takes_an_eventbridge_event(
    log: SimulatedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = _ingest(log)
    monkeypatch.setattr(ingest_handler, "wired", lambda: ingest)
    answer = ingest_handler.handler(_task("RUNNING"), Context())
    assert answer["result"] == "accepted"
    assert [one.event.type for one in log.read("job-7")] == ["TaskStarted"]
