"""What the checks of the Janitor, the dead-letter queues and the alarms find."""

import json
from typing import Any

import pytest

from smoke import health
from smoke.verdict import Failed, Skipped
from tests.smoke.support import PREFIX, site

REPORT = "REPORT RequestId: 1 Duration: 900 ms"


def logs(*messages: str) -> dict[str, Any]:
    return {"filter_log_events": {"events": [{"message": one} for one in messages]}}


def depths(**counts: int) -> dict[str, Any]:
    def answer(QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803 - boto3's
        count = counts.get(QueueUrl.rpartition("/")[2], 0)
        first, second = AttributeNames
        return {"Attributes": {first: str(count), second: "0"}}

    return {"get_queue_attributes": answer}


def alarms(**states: str) -> dict[str, Any]:
    listed = [
        {"AlarmName": f"{PREFIX}-{name}", "StateValue": state} for name, state in states.items()
    ]
    return {"describe_alarms": {"MetricAlarms": listed}}


FAILURE = "[ERROR] SweepFailedError: 1 failed"


def test_a_janitor_that_ran_without_an_error_is_ok() -> None:
    assert health.janitor(site(logs=logs("START", REPORT))) == "1 runs, 0 of them failed"


@pytest.mark.parametrize(
    "lines", [(FAILURE, REPORT, "START", REPORT), ("START", REPORT, FAILURE, REPORT)]
)
def test_one_run_of_the_janitor_may_fail_and_is_quoted(lines: tuple[str, ...]) -> None:
    said = health.janitor(site(logs=logs(*lines)))
    assert said == f"2 runs, 1 of them failed, the last with {FAILURE}"


def test_a_janitor_that_always_failed_is_quoted() -> None:
    where = site(logs=logs(FAILURE, REPORT, FAILURE, REPORT, "START"))
    with pytest.raises(Failed) as failed:
        health.janitor(where)
    assert failed.value.cause == f"each of 2 runs failed, the last with {FAILURE}"


def test_a_structured_error_is_quoted_with_its_subject_and_exception() -> None:
    line = {
        "level": "ERROR",
        "message": "the sweep failed for this subject",
        "subject": "OrphanTasks",
        "exception": "Traceback (most recent call last):\n  ...\nUnavailable: ECS: no answer",
    }
    text = json.dumps(line, separators=(",", ":"))
    said = health.janitor(site(logs=logs(text, REPORT, REPORT)))
    told = "the sweep failed for this subject: OrphanTasks: Unavailable: ECS: no answer"
    assert said == f"2 runs, 1 of them failed, the last with {told}"


def test_a_janitor_that_never_ran_is_explained_by_its_schedule() -> None:
    told = {"State": "DISABLED", "ScheduleExpression": "rate(5 minutes)"}
    where = site(logs=logs(), scheduler={"get_schedule": told}, sqs=depths(undelivered=2))
    with pytest.raises(Failed) as failed:
        health.janitor(where)
    assert failed.value.cause == (
        f"no run of the Janitor in its log; schedule {PREFIX}-janitor is DISABLED, "
        "rate(5 minutes); queue undelivered holds 2 messages and 0 in flight"
    )


def test_a_log_that_may_not_be_read_is_said() -> None:
    with pytest.raises(Skipped, match="logs:FilterLogEvents: AccessDeniedException"):
        health.janitor(site())


def test_queues_of_failures_must_be_empty() -> None:
    assert health.dead_letters(site(sqs=depths(scheduler=5))).endswith(": empty")


def test_a_dead_letter_is_a_failure_with_the_error_of_its_function() -> None:
    where = site(sqs=depths(scheduler_dead_letters=3), logs=logs("[ERROR] boom"))
    with pytest.raises(Failed) as failed:
        health.dead_letters(where)
    assert failed.value.cause == "scheduler_dead_letters holds 3; log of scheduler: [ERROR] boom"


def test_alarms_that_have_no_data_yet_do_not_ring() -> None:
    where = site(cloudwatch=alarms(a="OK", b="INSUFFICIENT_DATA"))
    assert health.alarms(where) == "1 OK, 1 without data yet"


def test_an_alarm_that_rings_is_named() -> None:
    with pytest.raises(Failed, match=f"^in ALARM: {PREFIX}-b$"):
        health.alarms(site(cloudwatch=alarms(a="OK", b="ALARM")))


def test_no_alarm_at_all_is_a_failure() -> None:
    with pytest.raises(Failed, match="there is no alarm"):
        health.alarms(site(cloudwatch=alarms()))


def test_alarms_that_may_not_be_read_are_skipped() -> None:
    with pytest.raises(Skipped, match="cloudwatch:DescribeAlarms"):
        health.alarms(site())
