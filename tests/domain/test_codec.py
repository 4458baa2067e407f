"""Events are a storage format: what was stored is read back, whatever version wrote it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from shared.domain import codec
from shared.domain import events as e
from shared.domain.slot.rate_limit import Turn
from tests.support.stories import (
    RUNNER,
    at,
    completed,
    details,
    event,
    intended,
    launched,
    queued,
    started,
    stopped,
    task_started,
)

TURN = Turn(at=datetime.now(UTC), credential="4711")
SAMPLES: list[e.Fact] = [
    queued("class:large", url="https://github.example/1"),
    e.JobHeld(job=details(), fleet="fleet"),
    started(),
    completed(),
    task_started(),
    stopped(),
    e.JobChecked(status="completed", conclusion="success", runner_name=RUNNER),
    e.RunnerConfirmed(runner_id=RUNNER),
    e.JobRejected(reason="no"),
    e.JobGivenUp(reason="no more"),
    e.LaunchPlanned(runner_id=RUNNER, number=2, reason="died", turn=TURN),
    intended(),
    e.LaunchFailed(runner_id=RUNNER, attempt=1, reason="no capacity", retry_at=datetime.now(UTC)),
    e.LaunchCancelled(runner_id=RUNNER, reason="surplus"),
    launched(),
    e.JobAssigned(
        job_id=7, runner_id=RUNNER, displaced_job_id=8, spare_runner_id="fleet-8-1", turn=TURN
    ),
    e.PairingEnded(job_id=7, runner_id=RUNNER, reason="it ended"),
    e.RunnerFinished(job_id=7, runner_id=RUNNER, conclusion="success"),
    e.StopIntended(runner_id=RUNNER, reason="surplus"),
    e.RunnerDeregistered(runner_id=RUNNER, outcome="deleted"),
    e.RunnerFoundBusy(runner_id=RUNNER),
    e.TaskStopSent(runner_id=RUNNER, task_arn="arn"),
    e.SlotAwaited(runner_id=RUNNER, reason="all are in use"),
    e.SlotGranted(runner_id=RUNNER, shard=3),
    e.SlotFreed(runner_id=RUNNER, shard=3, outcome="broken", granted_job_id=8, circuit_opened=True),
    e.CircuitClosed(runner_id=RUNNER),
    e.LaunchResumed(runner_id=RUNNER, attempt=2),
    e.ImageBuildPostponed(
        tag="debian-1", number=1, attempt=2, reason="no builds", retry_at=at(9), job_ids=(7, 8)
    ),
    e.ImageAwaited(job_id=7, runner_id=RUNNER, tag="ubuntu-1", base="ubuntu:1", timeout=60),
    e.ImageBuildIntended(tag="ubuntu-1", number=1, base="ubuntu:1", timeout=60),
    e.ImageBuildStarted(tag="ubuntu-1", number=1, build_id="b:1", log_url="https://log.example"),
    e.ImageBuildEnded(build_id="b:1", status="FAILED", reason="no", log_url="https://log.example"),
    e.ImageBuildFailed(tag="ubuntu-1", number=1, reason="no", log_url="https://log.example"),
    e.ImageBuilt(tag="ubuntu-1", image="registry/runner@sha256:0"),
    e.ImageExpired(tag="ubuntu-1", unused_since=at(3)),
    e.ImageDeleted(tag="ubuntu-1"),
    e.TaskDefinitionRegistered(tag="ubuntu-1", base_definition="r:1", task_definition="u:1"),
    e.ImageReady(tag="ubuntu-1", job_ids=(7, 8)),
    e.ImageUnavailable(tag="ubuntu-1", reason="no", job_ids=(7, 8)),
    e.JobStuck(queue="scheduler", receives=20, reason="it fails"),
    e.OrphanStopped(runner_id=RUNNER, task_arn="arn", reason="nobody knows it"),
    e.LaunchUnblocked(runner_id=RUNNER),
    e.RunCancelled(run_id=9, problem="GitHub: 409"),
    e.CommitStatusIntended(number=1, state="failure", description="Class is not defined"),
    e.CommitStatusCreated(number=1),
    e.CommitStatusRefused(number=1, reason="GitHub: 403"),
    e.JobLost(job_id=7, runner_id=RUNNER, job=details(), reason="SpotInterruption"),
    e.RerunPostponed(job_id=7, runner_id=RUNNER, checks=1, check_at=at(9)),
    e.RerunIntended(job_id=7, runner_id=RUNNER, number=1, run_attempt=1, target=7),
    e.RerunRequested(job_id=7, runner_id=RUNNER, run_attempt=2),
    e.RerunAbandoned(job_id=7, runner_id=RUNNER, reason="GitHub: 403"),
]


def test_there_is_a_sample_of_every_type() -> None:
    assert {type(fact).__name__ for fact in SAMPLES} == set(e.TYPES)


@pytest.mark.parametrize("fact", SAMPLES, ids=lambda fact: type(fact).__name__)
def test_every_event_survives_the_round_trip(fact: e.Fact) -> None:
    told = event(fact)
    assert codec.decode(codec.encode(told)) == told


def _stored(**changes: Any) -> str:
    envelope = msgspec.json.decode(codec.encode(event(queued())))
    return msgspec.json.encode({**envelope, **changes}).decode()


def test_an_unknown_type_is_kept_as_it_was() -> None:
    text = _stored(type="JobSang", data={"song": "la"})
    decoded = codec.decode(text)
    assert isinstance(decoded.fact, e.Unknown)
    assert decoded.type == "JobSang"
    assert msgspec.json.decode(codec.encode(decoded)) == msgspec.json.decode(text)


def test_a_newer_schema_is_kept_as_it_was() -> None:
    text = _stored(schema=99)
    assert msgspec.json.decode(codec.encode(codec.decode(text))) == msgspec.json.decode(text)


def test_unknown_fields_are_passed_over_and_stay_in_the_stored_text() -> None:
    stored = msgspec.json.decode(_stored())
    text = _stored(data={**stored["data"], "mood": "good"})
    recorded = codec.recorded("job-7", 1, text)
    assert isinstance(recorded.event.fact, e.JobQueued)
    assert recorded.text == text


def test_an_older_schema_is_lifted_by_its_upcaster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        codec.UPCASTERS, ("RunnerConfirmed", 0), lambda data: {"runner_id": data["runner"]}
    )
    lifted = codec.decode(_stored(type="RunnerConfirmed", schema=0, data={"runner": RUNNER}))
    assert lifted.fact == e.RunnerConfirmed(runner_id=RUNNER)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "x"}', _stored(data={"fleet": 3})])
def test_text_that_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(codec.CodecError, match="not an event"):
        codec.decode(text)
