"""`ecsrunner status`: the fleet on one screen, what it reads for it, and how it is redrawn."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws
from msgspec.structs import replace

from cli.fleet.aws_fleet import AwsFleet
from cli.fleet.deployment import shown
from cli.status.overview import Group, summed_up, waits_for
from local.description import events_table, runners_table
from shared.adapters.dynamodb import DynamoEventLog
from shared.domain.projection import RunnerRow
from shared.domain.slot.circuit import Circuit
from tests.cli.stubs import StubbedFleet
from tests.cli.support import answer, copy, mixed, on_terminal, run
from tests.support import stories
from tests.support.fleet import SimulatedFleet

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fleet-runner"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeAlarms")
ALARM = {
    "AlarmName": "fleet-launch-failures",
    "StateUpdatedTimestamp": datetime(2026, 1, 1, 0, 3, tzinfo=UTC),
    "AlarmDescription": "Launches fail.",
}


def _image(tag: str, size: int, **fields: Any) -> dict[str, Any]:
    return {"imageTags": [tag], "imageSizeInBytes": size, "imagePushedAt": NOW, **fields}


def _row(number: int, status: str, **fields: Any) -> RunnerRow:
    return RunnerRow(
        runner_id=f"fleet-{number}-1", job_id=number, status=status, status_at=NOW, **fields
    )


# --- how rows are summed up ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_row(1, "STARTING"), "the scheduler"),
        (_row(1, "STARTING", awaits="all 5 are in use"), "all 5 are in use"),
        (_row(1, "IMAGE_CREATING", image_tag="debian-1"), "the image debian-1"),
        (_row(1, "STARTING", launched_at=NOW), None),
        (_row(1, "STARTING", launched_at=NOW, stuck="no such role"), "stuck: no such role"),
    ],
)
def test_a_runner_that_is_not_launched_waits_for_something(
    row: RunnerRow, reason: str | None
) -> None:
    assert waits_for(row) == reason


def test_reasons_that_differ_in_numbers_alone_are_one_the_most_frequent_first() -> None:
    longer = "{} jobs have waited longer for one of max_runners"
    rows = [
        _row(1, "IMAGE_CREATING", image_tag="debian-1"),
        _row(2, "STARTING", awaits=longer.format(3), arrived_at=stories.at(0)),
        _row(3, "STARTING", awaits=longer.format(12), arrived_at=stories.at(30)),
    ]
    found = summed_up(rows, stories.at(60)).waiting
    assert [(one.count, one.longest_seconds, one.reason) for one in found] == [
        (2, 60.0, longer.format(3)),
        (1, 0.0, "the image debian-1"),
    ]


def test_runners_that_have_ended_are_not_counted() -> None:
    found = summed_up([_row(1, "OFFLINE"), _row(2, "FAILED"), _row(3, "RUNNING")], NOW)
    assert (found.running, found.idle, found.launching, found.waiting) == (
        Group(count=1, longest_seconds=0.0),
        Group(),
        Group(),
        (),
    )


def test_what_the_scheduler_does_not_have_is_unknown() -> None:
    found = shown("", {"MAX_RUNNERS": "many"})
    assert (found.version, found.max_runners, found.circuit_failures) == (None, None, None)


# --- the screen ----------------------------------------------------------------------------------


def test_the_screen_has_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = StubbedFleet(mixed())
    fleet.alarms = [ALARM]
    fleet.images = [_image("ubuntu-24.04-0123456789ab", 237_654_321)]
    fleet.queues.bury("scheduler", "job-9", "e", receives=121)
    fleet.clock.advance(60)
    shown = on_terminal(monkeypatch, 80, fleet, "status")
    assert shown.splitlines() == [
        "fleet fleet  2026-01-01 00:04:35 UTC",
        "",
        "running    1, the longest for 1m 42s",
        "idle       0",
        "launching  1, the longest for 1m 42s",
        "waiting    0",
        "",
        "slots      2 of 20 held, 0 awaited",
        "circuit    closed, 1 broken launch in a row",
        "GitHub     no rate limit in force",
        "queues     scheduler empty; reconciler empty",
        "           1 dead letter of scheduler (`ecsrunner queues`)",
        "versions   ecsrunner 0.1.0, deployed 0.1.0",
        "alarms     fleet-launch-failures since 2026-01-01 00:03:00 UTC",
        "images     ubuntu-24.04-0123456789ab: 237 MB, pulled in about 24s",
        "",
        "Last failures (`ecsrunner runners history RUNNER`)",
        "  2026-01-01 00:02:53  fleet-9-1  EssentialContainerExited: Essential container",
        "                                  in task exited (exit code 137)",
        '  2026-01-01 00:02:43  fleet-8-1  class "xl" is not defined; defined: large,',
        "                                  small",
    ]


@pytest.mark.parametrize("columns", [80, 140])
def test_the_screen_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    fleet = StubbedFleet(mixed())
    fleet.events_name = "events"
    shown = on_terminal(monkeypatch, columns, fleet, "status")
    assert max(map(len, shown.splitlines())) <= columns


def test_waiting_jobs_are_listed_by_reason_with_the_longest_wait() -> None:
    simulated = SimulatedFleet(replace(stories.POLICY, max_runners=8))
    simulated.queue(*range(1, 13))
    simulated.settle()
    fleet = StubbedFleet(simulated)
    fleet.scheduler["Environment"] = {"Variables": {"MAX_RUNNERS": "8"}}
    fleet.clock.advance(90)
    text = run(fleet, "status").stdout
    waiting = answer(fleet, "status")["live"]["waiting"]
    assert sum(one["count"] for one in waiting) == 4
    assert "slots      8 of 8 held, 4 awaited" in text
    assert "waiting    4\n  COUNT  LONGEST  FOR\n" in text
    assert f"1m 30s   {waiting[0]['reason']}" in text


def test_an_open_circuit_and_a_rate_limit_are_shown_with_their_end() -> None:
    simulated = SimulatedFleet()
    fleet = StubbedFleet(simulated)
    slots = simulated.log.slots()
    until = stories.at(300)
    limits = slots.rate_limits.refused("", until).refused("4711", until)
    slots = replace(slots, circuit=Circuit(broken=5, try_after=until), rate_limits=limits)
    fleet.log = _Log(lambda: slots)
    text = run(fleet, "status").stdout
    end = "2026-01-01 00:05:00 UTC"
    assert "open after 5 broken launches in a row: one launch is tried at a time" in text
    assert f"the next one after {end}" in text
    assert f"the first credential until {end}, credential 4711 until {end}" in text
    told = answer(fleet, "status")
    assert told["circuit"]["is_open"] is True
    assert [one["credential"] for one in told["rate_limits"]] == ["", "4711"]


def test_the_last_five_failures_are_shown_the_newest_first() -> None:
    simulated = SimulatedFleet()
    for job_id in range(1, 8):
        simulated.queue(job_id, labels=("class:none",))
        simulated.settle()
        simulated.clock.advance(1)
    fleet = StubbedFleet(simulated)
    told = answer(fleet, "status")["failures"]
    assert [one["job_id"] for one in told] == [7, 6, 5, 4, 3]
    line = next(one for one in run(fleet, "status").stdout.splitlines() if "fleet-7-1" in one)
    assert line.startswith("  2026-01-01 00:00:06  fleet-7-1  ")
    assert line.endswith(told[0]["reason"])
    assert told[0]["reason"]


def test_another_version_than_the_deployed_one_is_shown() -> None:
    fleet = StubbedFleet(mixed())
    fleet.scheduler["Description"] = "Launches runners (ecs-runner-fleet 9.9.9)"
    assert "versions   ecsrunner 0.1.0, deployed 9.9.9\n" in run(fleet, "status").stdout


def test_the_last_used_images_are_shown_and_the_others_counted() -> None:
    fleet = StubbedFleet(mixed())
    pulled = {"lastRecordedPullTime": datetime(2026, 1, 2, tzinfo=UTC)}
    fleet.images = [_image(tag, 100_000_000) for tag in "abcd"]
    fleet.images.append(_image("large", 600_000_000, **pulled))
    text = run(fleet, "status").stdout
    assert (
        "images     large: 600 MB, pulled in about 60s\n"
        "           d: 100 MB, pulled in about 10s\n"
        "           c: 100 MB, pulled in about 10s\n"
        "           2 more (--json)\n"
    ) in text
    assert [one["image"] for one in answer(fleet, "status")["images"]] == ["large", *"dcba"]


# --- what is left out ----------------------------------------------------------------------------


def test_who_may_not_read_alarms_and_functions_sees_the_rest_and_why() -> None:
    fleet = StubbedFleet(mixed())
    fleet.error = DENIED
    result = run(fleet, "status")
    assert result.exit_code == 0
    assert "slots      2 held, 0 awaited" in result.stdout
    assert "circuit    1 broken launch in a row" in result.stdout
    assert "alarms     unknown" in result.stdout
    assert result.stdout.count("Note: the alarms can't be shown: ") == 1
    assert result.stdout.count("Note: the deployed version can't be shown: ") == 1
    told = answer(fleet, "status")
    assert (told["alarms"], told["deployed_version"], len(told["notes"])) == (None, None, 2)


def test_who_may_not_read_images_sees_the_rest_and_why() -> None:
    fleet = StubbedFleet(mixed())
    fleet.image_error = ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeImages")
    result = run(fleet, "status")
    assert result.exit_code == 0
    assert "images     unknown\n" in result.stdout
    assert result.stdout.count("Note: the images can't be shown: ") == 1
    assert answer(fleet, "status")["images"] is None


def test_a_repository_without_images_has_none() -> None:
    assert "images     none in ECR\n" in run(StubbedFleet(mixed()), "status").stdout


def test_without_the_prefix_what_needs_it_is_left_out() -> None:
    fleet = StubbedFleet(mixed())
    fleet.events_name = "events"
    told = answer(fleet, "status")
    assert (told["fleet"], told["alarms"], told["deployed_version"]) == (None, None, None)
    assert len(told["notes"]) == 1
    assert "EVENTS_TABLE 'events' does not end with -events" in told["notes"][0]


def test_an_error_that_is_not_a_missing_permission_is_not_hidden() -> None:
    fleet = StubbedFleet(mixed())
    fleet.error = ClientError({"Error": {"Code": "ThrottlingException"}}, "DescribeAlarms")
    result = run(fleet, "status")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "AWS throttles such calls" in result.stderr


# --- how it is redrawn ---------------------------------------------------------------------------


class _Log:
    """A log of which a test names the counter."""

    def __init__(self, slots: Callable[[], Any]) -> None:
        self.slots = slots
        self.read: Any = None
        self.append: Any = None
        self.streams: Any = None
        self.replace_rate_limits: Any = None


# --- what it reads -------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """The calls to AWS, which moto answers."""
    made: Counter[str] = Counter()
    send: Any = BaseClient._make_api_call

    def counted(client: Any, operation: str, request: Any) -> Any:
        made[operation] += 1
        return send(client, operation, request)

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    with mock_aws():
        yield made


def test_one_screen_takes_a_bounded_number_of_calls_however_many_runners_there_are(
    calls: Counter[str],
) -> None:
    fleet = AwsFleet(_created())
    simulated = SimulatedFleet(replace(stories.POLICY, max_runners=8))
    simulated.queue(*range(1, 41))
    simulated.settle()
    dynamodb = boto3.client("dynamodb", "us-east-1")
    copy(simulated, DynamoEventLog(dynamodb, "fleet-events", "fleet-runners"))
    calls.clear()
    told = answer(fleet, "status")
    assert told["slots"]["held"] == 8
    assert sum(one["count"] for one in told["live"]["waiting"]) == 32
    assert calls == {
        "Query": 3,
        "BatchGetItem": 1,
        "GetQueueAttributes": 5,
        "DescribeAlarms": 1,
        "GetFunctionConfiguration": 1,
    }
    assert "the deployed version can't be shown" in told["notes"][0], "moto has no function"


def test_a_queue_that_is_not_empty_takes_one_call_more(calls: Counter[str]) -> None:
    variables = _created()
    fleet = AwsFleet(variables)
    boto3.client("sqs", "us-east-1").send_message(
        QueueUrl=variables["FAILED_EVENTS_URL"], MessageBody="{}"
    )
    calls.clear()
    assert answer(fleet, "status")["queues"][-1]["waiting"] == 1
    assert calls["GetMetricData"] == 1


def _created() -> dict[str, str]:
    """The variables of a fleet whose tables and queues were just created."""
    dynamodb, sqs = (boto3.client(name, "us-east-1") for name in ("dynamodb", "sqs"))
    for table in (events_table("fleet-events"), runners_table("fleet-runners")):
        dynamodb.create_table(**table)
    names = (
        "SCHEDULER_QUEUE",
        "RECONCILER_QUEUE",
        "SCHEDULER_DEAD_LETTER",
        "RECONCILER_DEAD_LETTER",
    )
    urls = {
        f"{name}_URL": sqs.create_queue(QueueName=name.lower())["QueueUrl"]
        for name in (*names, "FAILED_EVENTS")
    }
    return {"EVENTS_TABLE": "fleet-events", "RUNNER_TABLE": "fleet-runners", **urls}
