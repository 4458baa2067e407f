"""CodeBuild's event at the door into the log: what is taken in, and why the rest is not."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from functions.ingest import build_event
from functions.ingest.handler import Ingest, on_event
from functions.ingest.intake import Accepted, Ignored, Intake
from functions.ingest.settings import Settings
from shared.domain import events as e
from tests.support.log import SimulatedLog

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = "fleet-runner-image"
LINK = "https://console.aws.amazon.com/cloudwatch/home?region=us-west-2#logEvent:group=g;stream=s"
CONTEXT = "COMMAND_EXECUTION_ERROR: Error while executing command: docker build. Reason: 1"


def _settings(project: str = PROJECT) -> Settings:
    return Settings(
        events_table="events",
        runner_table="runners",
        prefix="fleet",
        cluster="arn:aws:ecs:us-east-1:123456789012:cluster/fleet",
        github_scope=("octo",),
        webhook_secret_param="secret",
        image_build_project=project,
    )


def _event(status: str = "SUCCEEDED", tag: str | None = "base-1") -> dict[str, Any]:
    """An event in the shape of the one that CodeBuild's user guide shows."""
    arn = f"arn:aws:codebuild:us-west-2:123456789012:build/{PROJECT}:8745a7a9-c340"
    variables = [{"name": "BASE_IMAGE", "type": "PLAINTEXT", "value": "ubuntu:24.04"}]
    if tag is not None:
        variables.append({"name": "IMAGE_TAG", "type": "PLAINTEXT", "value": tag})
    begun = {"start-time": "Sep 1, 2017 4:12:29 PM", "end-time": "Sep 1, 2017 4:12:29 PM"}
    phases: list[dict[str, Any]] = [
        {"phase-context": [], "phase-type": "SUBMITTED", "phase-status": "SUCCEEDED"} | begun,
        {"phase-context": [": "], "phase-type": "BUILD", "phase-status": status} | begun,
        {"phase-type": "COMPLETED", "start-time": "Sep 1, 2017 4:14:26 PM"},
    ]
    return {
        "version": "0",
        "id": "c030038d-8c4d-6141-9545-00ff7b7153EX",
        "detail-type": "CodeBuild Build State Change",
        "source": "aws.codebuild",
        "account": "123456789012",
        "time": "2017-09-01T16:14:28Z",
        "region": "us-west-2",
        "resources": [arn],
        "detail": {
            "build-status": status,
            "project-name": PROJECT,
            "build-id": arn,
            "additional-information": {
                "artifact": {"location": ""},
                "environment": {
                    "image": "aws/codebuild/standard:5.0",
                    "privileged-mode": True,
                    "compute-type": "BUILD_GENERAL1_SMALL",
                    "type": "LINUX_CONTAINER",
                    "environment-variables": variables,
                },
                "timeout-in-minutes": 60.0,
                "build-complete": True,
                "initiator": "scheduler",
                "build-start-time": "Sep 1, 2017 4:12:29 PM",
                "source": {"location": "bucket/runner.zip", "type": "S3"},
                "logs": {"group-name": "g", "stream-name": "s", "deep-link": LINK},
                "phases": phases,
            },
            "current-phase": "COMPLETED",
            "current-phase-context": "[]",
            "version": "1",
        },
    }


def _read(event: dict[str, Any], project: str = PROJECT) -> Intake:
    return build_event.read(event, _settings(project), NOW)


# --- what is taken in ----------------------------------------------------------------------------


def test_the_end_of_a_build_is_a_fact_of_the_images_stream() -> None:
    assert _read(_event()) == Accepted(
        stream="image-base-1",
        fact=e.ImageBuildEnded(
            build_id=f"{PROJECT}:8745a7a9-c340", status="SUCCEEDED", log_url=LINK
        ),
        at=datetime(2017, 9, 1, 16, 14, 28, tzinfo=UTC),
    )


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"])
def test_every_way_to_end_is_taken_in(status: str) -> None:
    intake = _read(_event(status))
    assert isinstance(intake, Accepted)
    assert isinstance(intake.fact, e.ImageBuildEnded)
    assert (intake.fact.status, intake.fact.reason) == (status, "")


def _changed(event: dict[str, Any], **information: Any) -> dict[str, Any]:
    changed = deepcopy(event)
    changed["detail"]["additional-information"] |= information
    return changed


def test_a_failed_build_has_the_reason_of_the_phase_that_failed() -> None:
    phases = [
        {"phase-type": "PRE_BUILD", "phase-status": "SUCCEEDED", "phase-context": ["fine"]},
        {"phase-type": "BUILD", "phase-status": "FAILED", "phase-context": [": ", CONTEXT]},
        {"phase-type": "COMPLETED", "phase-context": None},
    ]
    intake = _read(_changed(_event("FAILED"), phases=phases))
    assert isinstance(intake, Accepted)
    assert isinstance(intake.fact, e.ImageBuildEnded)
    assert intake.fact.reason == f"BUILD: {CONTEXT}"


@pytest.mark.parametrize(
    "logs", [{}, {"group-name": "null", "deep-link": LINK}, {"group-name": "g", "deep-link": None}]
)
def test_a_build_that_never_had_a_log_has_no_link_to_it(logs: dict[str, Any]) -> None:
    intake = _read(_changed(_event("FAULT"), logs=logs))
    assert isinstance(intake, Accepted)
    assert isinstance(intake.fact, e.ImageBuildEnded)
    assert intake.fact.log_url == ""


def test_without_a_time_the_end_is_now() -> None:
    event = _event()
    del event["time"]
    intake = _read(event)
    assert isinstance(intake, Accepted)
    assert intake.at == NOW


# --- what is ignored, and why --------------------------------------------------------------------


@pytest.mark.parametrize("project", ["", "other-runner-image"])
def test_a_build_of_another_project_is_ignored(project: str) -> None:
    assert _read(_event(), project) == Ignored(f"build project {PROJECT!r} is not this fleet's")


def test_without_a_project_of_its_own_a_fleet_owns_no_build() -> None:
    event = _event()
    event["detail"]["project-name"] = ""
    assert isinstance(_read(event, ""), Ignored)


@pytest.mark.parametrize("tag", [None, "", "-x", "Base", "a/b", "job-7\n", "x" * 121])
def test_a_build_without_a_valid_tag_is_ignored(tag: str | None) -> None:
    assert _read(_event(tag=tag)) == Ignored(f"IMAGE_TAG {tag or ''!r} is no image's tag")


def test_a_build_that_goes_on_is_ignored() -> None:
    assert _read(_event("IN_PROGRESS")) == Ignored("the build goes on")


def test_a_status_that_is_not_known_is_ignored_and_the_known_ones_named() -> None:
    reason = "build status 'PONDERING' is none of SUCCEEDED, FAILED, FAULT, STOPPED, TIMED_OUT"
    assert _read(_event("PONDERING")) == Ignored(reason)


def test_what_has_not_the_shape_of_a_build_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="project-name"):
        _read({"detail": {"build-status": "SUCCEEDED"}})


# --- the handler ---------------------------------------------------------------------------------


class NoSecrets:
    def values(self, names: Any) -> dict[str, str]:
        raise AssertionError("an event of AWS needs no secret")


def _take_in(log: SimulatedLog, event: dict[str, Any]) -> dict[str, Any]:
    ingest = Ingest(
        settings=_settings(), log=log, waiting=log.table.waiting, parameters=NoSecrets()
    )
    return on_event(ingest, json.loads(json.dumps(event)))


def test_an_end_is_appended_under_the_events_id_and_nudges_the_reconciler() -> None:
    log = SimulatedLog()
    answer = _take_in(log, _event())
    assert (answer["result"], answer["new"]) == ("accepted", True)
    (recorded,) = log.read("image-base-1")
    assert recorded.event.id == "c030038d-8c4d-6141-9545-00ff7b7153EX"
    assert recorded.event.actor == "codebuild"
    assert log.nudges == [("reconciler", "image-base-1", recorded.event.id)]


def test_a_redelivered_event_is_in_the_log_once() -> None:
    log = SimulatedLog()
    answers = [_take_in(log, _event())["new"] for _ in range(3)]
    assert answers == [True, False, False]
    assert len(log.read("image-base-1")) == 1


def test_an_ignored_event_leaves_no_trace() -> None:
    log = SimulatedLog()
    assert _take_in(log, _event("IN_PROGRESS"))["result"] == "ignored"
    assert log.events == {}
