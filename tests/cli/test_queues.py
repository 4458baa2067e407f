"""`ecsrunner queues`: depth and age in words, dead letters with their jobs, and the way back."""

from typing import Any

import pytest
from click.testing import Result

from cli.history import wording
from functions.janitor.dead_letters import mark
from shared.domain import events as e
from shared.engine.transact import Transactor
from shared.ports.queues import dead_letters_of
from tests.cli.support import CliFleet, answer, idle, run
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.recording import record_event

ECS_EVENT = {
    "source": "aws.ecs",
    "detail-type": "ECS Task State Change",
    "resources": ["arn:aws:ecs:eu-west-1:1:task/fleet/abc123"],
    "detail": {},
}
FUNCTION = "arn:aws:lambda:eu-west-1:1:function:fleet-ingest:$LATEST"


def _calm() -> CliFleet:
    return CliFleet(idle())


def _stuck() -> CliFleet:
    """Job 7 is stuck at the scheduler since 40 seconds, and ingest gave up on an event."""
    fleet = _calm()
    _bury(fleet, "scheduler", "job-7")
    _fail(fleet, ECS_EVENT)
    fleet.clock.advance(40)
    return fleet


def _bury(fleet: CliFleet, consumer: str, stream: str, receives: int = 20) -> None:
    fleet.queues.bury(consumer, stream, "outside-1", receives=receives)


def _fail(fleet: CliFleet, payload: Any) -> None:
    fleet.queues.fail(
        {
            "requestContext": {
                "functionArn": FUNCTION,
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": payload,
            "responsePayload": {"errorMessage": "no such table"},
        }
    )


def _mark(fleet: CliFleet) -> None:
    """What the Janitor records of the scheduler's dead letters."""
    transactor = Transactor(log=fleet.log, clock=fleet.clock, actor="janitor")
    for letter in fleet.queues.dead("scheduler", 10):
        assert mark(transactor, "scheduler", letter)


def _lines(result: Result) -> list[str]:
    return result.stdout.splitlines()


def test_an_idle_fleets_queues_are_empty() -> None:
    result = run(_calm(), "queues")
    assert result.exit_code == 0
    assert _lines(result) == [
        "scheduler: empty",
        "reconciler: empty",
        "dead letters of scheduler: none",
        "dead letters of reconciler: none",
        "failed events of ingest: none",
    ]
    assert result.stderr == ""


def test_depth_and_age_are_told_in_words() -> None:
    fleet = _calm()
    for job in (1, 2, 3, 4):
        fleet.nudges.send("scheduler", f"job-{job}", "x")
    fleet.queues.receive("scheduler")
    fleet.queues.ages["fleet-scheduler.fifo"] = 12
    assert _lines(run(fleet, "queues"))[0] == "scheduler: 3 waiting, 1 in work, oldest for 12s"


def test_an_age_that_cloudwatch_does_not_tell_is_unknown() -> None:
    fleet = _calm()
    fleet.nudges.send("reconciler", "job-7", "x")
    told = "reconciler: 1 waiting, 0 in work, age of the oldest unknown"
    assert _lines(run(fleet, "queues"))[1] == told


def test_a_dead_letter_is_told_with_its_job_and_what_was_last_recorded() -> None:
    fleet = _stuck()
    lines = _lines(run(fleet, "queues"))
    assert lines[2] == "dead letters of scheduler: 1, oldest for 40s"
    assert lines[3] == (
        "  job 7 (octo/repo): received 20 times, since 2026-01-01 00:00:31 UTC; "
        "last recorded: fleet-7-1: task is running (2026-01-01 00:00:31 UTC)"
    )
    assert lines[4] == "dead letters of reconciler: none"


def test_what_came_before_the_mark_is_what_was_last_recorded() -> None:
    fleet = _stuck()
    before = _lines(run(fleet, "queues"))[3]
    _mark(fleet)
    assert isinstance(fleet.log.read("job-7")[-1].event.fact, e.JobStuck)
    assert _lines(run(fleet, "queues"))[3].partition(";")[2] == before.partition(";")[2]


def test_the_timeline_of_a_stuck_job_says_so() -> None:
    fleet = _stuck()
    _mark(fleet)
    text = run(fleet, "runners", "history", "7").stdout
    assert "stuck: the scheduler failed at it 20 times" in text
    assert "its nudge to the scheduler is a dead letter; `ecsrunner queues redrive`" in text


def test_letters_of_streams_that_are_not_in_the_log_are_shown_too() -> None:
    fleet = CliFleet(SimulatedFleet())
    _bury(fleet, "reconciler", "job-99", receives=1)
    _bury(fleet, "reconciler", "image-\x1bpython")
    lines = _lines(run(fleet, "queues"))
    since = "since 2026-01-01 00:00:00 UTC"
    assert lines[4].startswith(f"  job 99: received once, {since}; it is not in the log")
    assert lines[5].startswith("  stream image-\N{REPLACEMENT CHARACTER}python: received 20 times")


def test_a_dead_letter_of_an_image_is_told_with_what_was_last_recorded() -> None:
    fleet = _calm()
    begun = e.ImageBuildIntended(tag="ubuntu-1", number=1, base="ubuntu:1", timeout=60)
    event = stories.event(begun)
    record_event(fleet.log, "image-ubuntu-1", event)
    _bury(fleet, "scheduler", "image-ubuntu-1")
    line = _lines(run(fleet, "queues"))[3]
    assert line.startswith("  image ubuntu-1: received 20 times")
    assert wording.phrase_of(begun).what in line


def test_the_list_of_runners_says_that_a_job_is_stuck() -> None:
    fleet = _stuck()
    _mark(fleet)
    assert "stuck: its nudge to the scheduler is a dead letter" in (
        run(fleet, "runners", "list").stdout
    )


def test_a_failed_event_is_told_with_how_to_deliver_it_again() -> None:
    result = run(_stuck(), "queues")
    count, event = _lines(result)[-2:]
    assert count == "failed events of ingest: 1, oldest for 40s"
    assert event == (
        "  ECS Task State Change of abc123 (aws.ecs), given up at 2026-01-01 00:00:31 UTC after "
        "3 attempts: RetriesExhausted: no such table"
    )
    assert "`ecsrunner queues redrive` moves dead letters back" in result.stderr
    assert f"aws lambda invoke --function-name '{FUNCTION}' \\\n" in result.stderr
    assert all(len(line) <= 80 for line in result.stderr.replace(FUNCTION, "").splitlines()[1:])


@pytest.mark.parametrize("payload", [None, "text", {"detail": {}}, []])
def test_a_failed_event_of_another_shape_is_told_too(payload: Any) -> None:
    fleet = _calm()
    _fail(fleet, payload)
    assert "an event that is not EventBridge's" in run(fleet, "queues").stdout


def test_a_run_of_the_janitor_that_failed_is_told_by_its_schedule() -> None:
    fleet = _calm()
    _fail(fleet, {"schedule": "fleet-janitor"})
    told = run(fleet, "queues").stdout
    assert "a run by the schedule fleet-janitor, given up at" in told


def test_no_more_letters_are_told_than_the_limit_and_the_rest_is_counted() -> None:
    fleet = _calm()
    for job in range(5):
        _bury(fleet, "scheduler", f"job-{job}")
    lines = _lines(run(fleet, "queues", "--limit", "2"))
    assert lines[2].startswith("dead letters of scheduler: 5, ")
    assert lines[5] == "  and 3 more; --limit shows more"


def test_json_holds_every_queue_and_all_that_was_seen() -> None:
    told = answer(_stuck(), "queues")
    assert [one["queue"] for one in told["queues"]] == [
        "scheduler",
        "reconciler",
        "scheduler-dead",
        "reconciler-dead",
        "failed-events",
    ]
    assert told["queues"][2]["waiting"] == 1
    assert told["queues"][2]["oldest_seconds"] == 40
    (letter,) = told["dead_letters"]
    assert (letter["job_id"], letter["repository"], letter["receives"]) == (7, "octo/repo", 20)
    assert letter["last_recorded"]
    (event,) = told["failed_events"]
    assert event["payload"] == ECS_EVENT


def test_check_is_a_no_when_anything_failed_for_good_and_only_then() -> None:
    assert run(_calm(), "queues", "--check").exit_code == 0
    assert run(_stuck(), "queues").exit_code == 0
    result = run(_stuck(), "queues", "--check")
    assert result.exit_code == 1
    assert "2 messages failed and will not be retried" in result.stderr


def test_redrive_puts_all_dead_letters_back_and_says_whose() -> None:
    fleet = _stuck()
    _bury(fleet, "reconciler", "job-8")
    result = run(fleet, "queues", "redrive")
    assert result.exit_code == 0
    assert _lines(result) == [
        "job 7 went back to the scheduler's queue",
        "job 8 went back to the reconciler's queue",
    ]
    assert result.stderr == "2 dead letters moved back.\n"
    assert fleet.queues.streams("scheduler") == ["job-7"]
    assert fleet.queues.streams("reconciler") == ["job-8"]
    assert run(fleet, "queues", "redrive").stderr == "0 dead letters moved back.\n"


def test_redrive_of_one_queue_leaves_the_other() -> None:
    fleet = _stuck()
    _bury(fleet, "reconciler", "job-8")
    run(fleet, "queues", "redrive", "reconciler")
    assert fleet.queues.depth(dead_letters_of("scheduler")).waiting == 1
    assert fleet.queues.depth(dead_letters_of("reconciler")).waiting == 0


def test_redrive_moves_no_more_of_a_queue_than_the_limit() -> None:
    fleet = _calm()
    for job in range(5):
        _bury(fleet, "scheduler", f"job-{job}")
    told = answer(fleet, "queues", "redrive", "--limit", "2")
    assert (len(told["moved"]), told["complete"]) == (2, False)
    assert fleet.queues.depth(dead_letters_of("scheduler")).waiting == 3


def test_a_dry_run_says_what_would_be_moved_and_moves_nothing() -> None:
    fleet = _stuck()
    result = run(fleet, "queues", "redrive", "--dry-run")
    assert _lines(result) == ["job 7 would go back to the scheduler's queue"]
    assert result.stderr == "1 dead letter would be moved back.\n"
    assert fleet.queues.depth(dead_letters_of("scheduler")).waiting == 1
    assert fleet.queues.streams("scheduler") == []


def test_redrive_as_json_tells_each_letter() -> None:
    told = answer(_stuck(), "queues", "redrive", "scheduler")
    assert told["complete"] is True
    assert told["moved"] == [
        {
            "consumer": "scheduler",
            "stream": "job-7",
            "message_id": "message-1",
            "event_id": "outside-1",
            "receives": 20,
            "moved": True,
        }
    ]


def test_a_queue_that_is_not_there_is_refused_with_those_that_are() -> None:
    result = run(_calm(), "queues", "redrive", "janitor")
    assert result.exit_code == 2
    assert "'scheduler', 'reconciler', 'all'" in result.stderr


@pytest.mark.parametrize("words", [["--json"], ["--check"], ["--limit", "3"]])
def test_options_of_the_overview_are_refused_before_redrive(words: list[str]) -> None:
    fleet = _stuck()
    result = run(fleet, "queues", *words, "redrive")
    assert result.exit_code == 2
    assert words[0] in result.stderr
    assert fleet.queues.depth(dead_letters_of("scheduler")).waiting == 1
