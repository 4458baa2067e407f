"""What an append measures: given these events, then these figures in the line of the last one."""

import json
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from msgspec.structs import replace

from functions.janitor import sweep
from shared import reporting
from shared.domain import events as e
from shared.domain.fold import evolve
from shared.domain.history import JobHistory, record
from shared.domain.image import fold as image_fold
from shared.domain.image.state import Image
from shared.domain.stream import StreamId
from shared.measures import JANITOR, measures
from shared.reporting import observe
from tests.support import stories

TAG = "ubuntu-24.04-0"
BILL = {"class_name": "small", "capacity": "FARGATE", "cpu": 512, "memory": 1024}
LAUNCHED = (stories.queued(), stories.intended(), stories.launched())
FOUND = replace(stories.queued(), found=True)


def _of(*facts: e.Fact, last: e.Fact, at: float = 60.0, actor: str = "github") -> dict[str, Any]:
    """The figures of the last fact, after facts that are one second apart."""
    before, event = stories.tell(*facts), replace(stories.event(last, at), actor=actor)
    return measures(before, evolve(before, event), event)


def _checked(status: str, **more: Any) -> e.JobChecked:
    return e.JobChecked(status=status, runner_name=stories.RUNNER, runner_id=stories.RUNNER, **more)


def test_the_start_of_a_job_has_its_queue_time_and_the_class_of_its_last_launch() -> None:
    assert _of(*LAUNCHED, last=stories.started(), at=35.5) == {
        "class_name": "small",
        "queue_seconds": 35.5,
    }


def test_a_job_that_starts_before_any_launch_has_no_class() -> None:
    assert _of(stories.queued(), last=stories.started("fleet-8-1"), at=3) == {"queue_seconds": 3.0}


def test_a_start_whose_queueing_is_not_known_has_no_queue_time() -> None:
    assert _of(last=stories.started()) == {}


def test_clocks_that_differ_make_no_negative_wait() -> None:
    assert _of(stories.queued(), last=stories.started(), at=-2)["queue_seconds"] == 0.0


@pytest.mark.parametrize(
    ("last", "figures"),
    [
        (stories.completed(), {"lost_in_progress": 1}),
        (_checked("in_progress", started_at=stories.at(30)), {"lost_in_progress": 1}),
        (
            _checked("completed", started_at=stories.at(30), conclusion="success"),
            {"lost_in_progress": 1, "lost_completed": 1},
        ),
    ],
    ids=["completed", "checked while it ran", "checked at its end"],
)
def test_a_start_that_no_webhook_reported_counts_as_a_lost_webhook(
    last: e.Fact, figures: dict[str, int]
) -> None:
    waited = {"class_name": "small", "queue_seconds": 30.0}
    assert _of(*LAUNCHED, last=last) == waited | figures


@pytest.mark.parametrize(
    ("earlier", "late", "figures"),
    [
        (FOUND, stories.queued(), {"lost_queued": -1}),
        (stories.completed(), stories.started(), {"lost_in_progress": -1}),
        (
            _checked("completed", started_at=stories.at(30), conclusion="success"),
            stories.completed(),
            {"lost_completed": -1},
        ),
    ],
    ids=["queued", "in_progress", "completed"],
)
def test_a_webhook_that_arrives_after_all_is_not_lost(
    earlier: e.Fact, late: e.Fact, figures: dict[str, int]
) -> None:
    assert _of(stories.queued(), earlier, last=late) == figures


def test_a_job_that_the_janitor_found_counts_as_a_lost_webhook() -> None:
    assert _of(last=FOUND) == {"lost_queued": 1}
    assert _of(last=stories.queued()) == {}


def test_what_the_janitor_records_of_a_job_that_runs_or_has_ended_counts_as_lost_webhooks() -> None:
    ended = replace(stories.completed(), started_at=stories.at(30))
    unstarted = stories.completed(None, "cancelled")
    assert _of(last=stories.started(), actor=JANITOR) == {"lost_in_progress": 1}
    assert _of(last=ended, actor=JANITOR) == {"lost_in_progress": 1, "lost_completed": 1}
    assert _of(last=unstarted, actor=JANITOR) == {"lost_completed": 1}
    assert JANITOR == sweep.ACTOR


def test_a_webhook_that_arrives_after_the_janitor_recorded_the_same_is_not_lost() -> None:
    for early, late, figures in (
        (stories.started(), stories.started(), {"lost_in_progress": -1}),
        (stories.completed(), stories.started(), {"lost_in_progress": -1}),
        (stories.completed(), stories.completed(), {"lost_completed": -1}),
    ):
        assert _of(early, last=late) == figures


def test_a_queueing_that_arrives_after_the_start_has_the_queue_time_of_the_job() -> None:
    queued = _of(stories.started(), last=stories.queued(), at=-4)
    assert queued == {"queue_seconds": 4.0}
    assert _of(stories.queued(), stories.started(), last=stories.queued()) == {}


def test_the_first_running_task_of_a_job_has_its_launch_time() -> None:
    figures = {"class_name": "small", "launch_seconds": 31.5}
    assert _of(*LAUNCHED, last=stories.task_started(), at=31.5) == figures
    assert _of(*LAUNCHED, stories.task_started(), last=stories.task_started(4)) == {}


def test_a_task_that_ran_before_the_job_arrived_or_of_another_runner_has_no_launch_time() -> None:
    assert _of(*LAUNCHED, last=stories.task_started(), at=-1) == {}
    assert _of(*LAUNCHED, last=stories.task_started(runner="fleet-7-9")) == {}


@pytest.mark.parametrize(("ended", "billed"), [(11.0, 60), (100.2, 100), (101.0, 100)])
def test_the_end_of_a_task_has_its_class_its_size_and_what_is_billed(
    ended: float, billed: int
) -> None:
    assert _of(*LAUNCHED, last=stories.stopped(), at=ended) == BILL | {"billed_seconds": billed}


def test_a_task_that_failed_is_billed_too_and_once() -> None:
    failed = _of(*LAUNCHED, last=stories.stopped(exit_code=1))
    assert failed == BILL | {"billed_seconds": 60, "failure": "task failed"}
    assert _of(*LAUNCHED, stories.stopped(), last=stories.stopped(version=10)) == {}


def test_the_end_of_a_task_that_is_no_runners_has_no_figures() -> None:
    assert _of(*LAUNCHED, last=stories.stopped(runner="fleet-7-9")) == {}
    orphan = replace(stories.stopped(), task_arn=f"{stories.TASK}-orphan")
    assert _of(*LAUNCHED, last=orphan) == {}


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (e.LaunchFailed(runner_id=stories.RUNNER, attempt=1, reason="x"), "launch failed"),
        (
            e.LaunchFailed(runner_id=stories.RUNNER, attempt=1, reason="x", no_capacity=True),
            "no capacity",
        ),
        (
            e.LaunchFailed(
                runner_id=stories.RUNNER,
                attempt=1,
                reason="x",
                retry_at=stories.at(99),
                held_back=True,
            ),
            "held back",
        ),
        (e.JobRejected(reason="x"), "refused"),
        (e.JobGivenUp(reason="x"), "given up"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_failure_has_the_kind_that_the_statistics_have(fact: e.Fact, kind: str) -> None:
    assert _of(stories.queued(), stories.intended(), last=fact) == {"failure": kind}


@pytest.mark.parametrize(
    ("fact", "figures"),
    [
        (e.SlotAwaited(runner_id="r", reason="x", circuit=True), {"circuit": "waiting"}),
        (e.SlotAwaited(runner_id="r", reason="x"), {}),
        (
            e.SlotFreed(runner_id="r", shard=0, outcome="broken", circuit_opened=True),
            {"circuit": "opened"},
        ),
        (e.SlotFreed(runner_id="r", shard=0, outcome="served"), {}),
        (e.CircuitClosed(runner_id="r"), {"circuit": "closed"}),
        (e.LaunchUnblocked(runner_id="r"), {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_circuit_breaker_does_is_a_figure_and_other_slots_are_not(
    fact: e.Fact, figures: dict[str, str]
) -> None:
    assert _of(stories.queued(), last=fact) == figures


_BUILDING = (
    e.ImageAwaited(job_id=7, runner_id="r", tag=TAG, base="ubuntu:24.04", timeout=60),
    e.ImageBuildIntended(tag=TAG, number=1, base="ubuntu:24.04", timeout=60),
    e.ImageBuildStarted(tag=TAG, number=1, build_id="b:1"),
)
_BUILT = e.ImageBuilt(tag=TAG, image="repository@sha256:0")


def _of_image(*facts: e.Fact, last: e.Fact, at: float) -> dict[str, Any]:
    before = image_fold.fold(TAG, [stories.event(fact, n) for n, fact in enumerate(facts)])
    event = stories.event(last, at)
    after = image_fold.evolve(before, event)
    assert isinstance(after, Image)
    return measures(before, after, event)


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (_BUILT, "succeeded"),
        (e.ImageBuildEnded(build_id="b:1", status="FAILED"), "failed"),
        (e.ImageBuildFailed(tag=TAG, number=1, reason="x"), "failed"),
    ],
    ids=["built", "ended", "failed"],
)
def test_the_event_that_decides_a_build_has_its_outcome_and_duration(
    last: e.Fact, outcome: str
) -> None:
    figures = {"base": "ubuntu:24.04", "build": outcome, "build_seconds": 80.5}
    assert _of_image(*_BUILDING, last=last, at=81.5) == figures


def test_an_image_that_was_not_built_and_a_build_that_goes_on_have_no_figures() -> None:
    assert _of_image(_BUILDING[0], last=_BUILT, at=5) == {}
    assert _of_image(*_BUILDING[:2], last=_BUILDING[2], at=5) == {}
    assert _of_image(*_BUILDING, last=_BUILDING[0], at=5) == {}


def test_the_line_of_an_event_has_its_figures_beside_what_it_had() -> None:
    written = StringIO()
    seen = observe(Logger(service="figures", stream=written), Metrics(namespace="Test"))
    before = JobHistory(stream=StreamId("job-7"), state=stories.tell(stories.queued()), seq=1)
    event = stories.event(e.JobRejected(reason="nobody may"), 1, "rejected")
    seen(before, record(before, [event]), event)
    line = json.loads(written.getvalue())
    names = ("message", "event_id", "job_id", "reason", "failure")
    assert [line[name] for name in names] == ["JobRejected", "rejected", 7, "nobody may", "refused"]


def test_figures_that_fail_leave_the_line_and_the_append_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: Any) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(reporting, "measures", fails)
    written = StringIO()
    seen = observe(Logger(service="test-figures", stream=written), Metrics(namespace="Test"))
    empty = JobHistory(stream=StreamId("job-7"), state=stories.tell())
    event = stories.event(stories.queued())
    seen(empty, record(empty, [event]), event)
    first, line = map(json.loads, written.getvalue().splitlines())
    assert (first["level"], first["exception_name"]) == ("ERROR", "ZeroDivisionError")
    assert (line["message"], line["event_id"]) == ("JobQueued", event.id)
