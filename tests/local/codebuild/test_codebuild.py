"""Builds begin and end as CodeBuild's do, and tell of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from local.codebuild.lifecycle import Durations

Start = Callable[..., Any]

BY_HAND = Durations(provisioning=0, build=None)
FOREVER = Durations(provisioning=3600, build=None)


def test_a_build_tells_of_its_begin_and_of_its_end(start: Start) -> None:
    stand = start()
    build = stand.begin()
    stand.event("SUCCEEDED")
    details = [one["detail"] for one in stand.seen]
    assert [one["build-status"] for one in details] == ["IN_PROGRESS", "SUCCEEDED"]
    assert [one["current-phase"] for one in details] == ["PROVISIONING", "COMPLETED"]
    assert {one["build-id"] for one in details} == {build["arn"]}
    assert [one["additional-information"]["build-complete"] for one in details] == [False, True]


def test_an_event_has_the_shape_that_codebuild_documents(start: Start) -> None:
    stand = start()
    build = stand.begin(BASE_IMAGE="debian:12")
    event = stand.event("SUCCEEDED")
    project, number = build["id"].split(":")
    assert event.keys() == {
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    }
    assert (event["source"], event["detail-type"]) == (
        "aws.codebuild",
        "CodeBuild Build State Change",
    )
    assert event["resources"] == [build["arn"]]
    assert len({one["id"] for one in stand.seen}) == 2
    assert datetime.fromisoformat(event["time"]).tzinfo
    detail, information = event["detail"], event["detail"]["additional-information"]
    assert (detail["project-name"], detail["version"]) == (project, "1")
    assert information["environment"] == {
        "image": "aws/codebuild/standard:7.0",
        "privileged-mode": True,
        "compute-type": "BUILD_GENERAL1_SMALL",
        "type": "LINUX_CONTAINER",
        "environment-variables": [
            {"name": "IMAGE_TAG", "type": "PLAINTEXT", "value": "base-1"},
            {"name": "BASE_IMAGE", "type": "PLAINTEXT", "value": "debian:12"},
        ],
    }
    assert information["timeout-in-minutes"] == 30
    assert information["source"]["type"] == "S3"
    assert information["logs"] == {
        "group-name": f"/aws/codebuild/{project}",
        "stream-name": number,
        "deep-link": "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        f"#logEvent:group=/aws/codebuild/{project};stream={number}",
    }
    times = [one["start-time"] for one in information["phases"]]
    assert [datetime.strptime(one, "%b %d, %Y %I:%M:%S %p") for one in times]  # noqa: DTZ007
    assert information["build-start-time"] == times[0]


def test_a_good_build_passes_through_every_phase(start: Start) -> None:
    stand = start()
    build = stand.begin()
    stand.event("SUCCEEDED")
    *phases, last = stand.get(build["id"])["phases"]
    assert [one["phaseType"] for one in phases] == [
        "SUBMITTED",
        "QUEUED",
        "PROVISIONING",
        "DOWNLOAD_SOURCE",
        "INSTALL",
        "PRE_BUILD",
        "BUILD",
        "POST_BUILD",
        "UPLOAD_ARTIFACTS",
        "FINALIZING",
    ]
    assert {one["phaseStatus"] for one in phases} == {"SUCCEEDED"}
    assert (last["phaseType"], last.get("phaseStatus")) == ("COMPLETED", None)


def test_batch_get_builds_tells_what_the_event_told(start: Start) -> None:
    stand = start(durations=BY_HAND)
    build = stand.begin()
    assert stand.get(build["id"])["buildStatus"] == "IN_PROGRESS"
    stand.stand_in.finish(build["id"])
    told = stand.event("SUCCEEDED")["detail"]
    seen = stand.get(build["id"])
    assert (seen["buildStatus"], seen["arn"]) == (told["build-status"], told["build-id"])
    assert seen["buildComplete"]
    assert seen["endTime"] >= seen["startTime"]
    link = told["additional-information"]["logs"]["deep-link"]
    assert seen["logs"]["deepLink"] == link


def test_a_build_has_no_log_before_it_is_provisioned(start: Start) -> None:
    build = start(durations=FOREVER).begin()
    assert build["logs"]["deepLink"].endswith("group=null;stream=null")


def test_each_tag_gets_a_digest_of_its_own(start: Start) -> None:
    stand = start()
    for tag in ("base-1", "base-2"):
        stand.begin(IMAGE_TAG=tag)
        stand.event("SUCCEEDED")
    assert stand.digests().keys() == {"base-1", "base-2"}
    assert len(set(stand.digests().values())) == 2


def _context(event: dict[str, Any], phase: str) -> tuple[str, list[str]]:
    """The status of a phase, and what the event says of it."""
    phases = event["detail"]["additional-information"]["phases"]
    (found,) = [one for one in phases if one["phase-type"] == phase]
    return found["phase-status"], found["phase-context"]


def test_a_push_over_a_tag_fails_the_build_and_changes_nothing(start: Start) -> None:
    stand = start()
    stand.begin()
    stand.event("SUCCEEDED")
    before = stand.digests()
    stand.begin(BASE_IMAGE="debian:12")
    status, (context,) = _context(stand.event("FAILED"), "BUILD")
    assert status == "FAILED"
    assert "already exists" in context
    assert stand.digests() == before


def test_a_failure_sees_the_variables_and_is_the_builds_reason(start: Start) -> None:
    def fails(environment: Mapping[str, str]) -> str | None:
        return f"no {environment['BASE_IMAGE']}" if environment["IMAGE_TAG"] == "bad" else None

    stand = start(fails=fails)
    stand.begin(IMAGE_TAG="bad", BASE_IMAGE="nobody/nothing")
    event = stand.event("FAILED")
    assert _context(event, "BUILD") == (
        "FAILED",
        ["COMMAND_EXECUTION_ERROR: no nobody/nothing"],
    )
    assert _context(event, "POST_BUILD")[0] == "SUCCEEDED"
    assert stand.digests() == {}
    stand.begin(IMAGE_TAG="good")
    stand.event("SUCCEEDED")


def test_without_its_variables_a_build_fails_and_names_them(start: Start) -> None:
    stand = start()
    stand.codebuild.start_build(projectName=stand.names.image_project)
    _, (context,) = _context(stand.event("FAILED"), "BUILD")
    assert context.endswith("IMAGE_TAG and BASE_IMAGE: not set")


def test_stop_build_ends_the_build_where_it_is(start: Start) -> None:
    stand = start(durations=BY_HAND)
    build_id = stand.begin()["id"]
    assert stand.stand_in.wait(lambda builds: builds[0]["currentPhase"] == "BUILD", 20)
    stopped = stand.codebuild.stop_build(id=build_id)["build"]
    assert (stopped["buildStatus"], stopped["currentPhase"]) == ("STOPPED", "COMPLETED")
    event = stand.event("STOPPED")
    assert _context(event, "BUILD")[0] == "STOPPED"
    phases = [one["phase-type"] for one in event["detail"]["additional-information"]["phases"]]
    assert phases[-3:] == ["BUILD", "FINALIZING", "COMPLETED"]
    stand.stand_in.finish(build_id)
    stand.codebuild.stop_build(id=build_id)
    assert stand.get(build_id)["buildStatus"] == "STOPPED"
    assert stand.digests() == {}


def test_a_build_that_takes_too_long_times_out(start: Start) -> None:
    stand = start(durations=Durations(provisioning=0, build=None, timeout=0.05))
    build_id = stand.begin()["id"]
    assert _context(stand.event("TIMED_OUT"), "BUILD")[0] == "TIMED_OUT"
    assert stand.get(build_id)["buildStatus"] == "TIMED_OUT"


def test_a_listener_that_fails_does_not_hold_up_builds(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_event: dict[str, Any]) -> None:
        raise RuntimeError("nobody listens")

    stand = start(on_event=broken)
    build_id = stand.begin()["id"]
    assert stand.stand_in.wait(lambda builds: bool(builds[0]["buildComplete"]), 20)
    assert stand.get(build_id)["buildStatus"] == "SUCCEEDED"
    stand.stand_in.stop()
    assert "nobody listens" in caplog.text


def test_a_process_has_one_stand_in(start: Start) -> None:
    start()
    with pytest.raises(RuntimeError, match="another build host is attached"):
        start()


def test_a_build_that_is_not_there_can_not_be_finished(start: Start) -> None:
    with pytest.raises(ValueError, match="no build fleet:1"):
        start().stand_in.finish("fleet:1")
