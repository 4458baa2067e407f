"""How the CLI is configured, how it fails, and the whole of it on DynamoDB, SQS and SSM (moto)."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from cli.errors import foreseen
from cli.fleet.aws_fleet import AwsFleet
from local.description import events_table, runners_table
from shared.adapters import clients
from shared.adapters.dynamodb import DynamoEventLog
from tests.cli.support import RUNNER, CliFleet, answer, copy, done, mixed, parameters, run
from tests.support.fleet import SimulatedFleet
from tests.support.rows import raw_rows

CLASSES = '{"large": {"cpu": 4096, "memory": 8192}, "small": {"cpu": 512, "memory": 1024}}'


def _with_classes(text: str) -> CliFleet:
    fleet = CliFleet(SimulatedFleet())
    fleet.parameters = parameters(class_sizes_param=text)
    return fleet


def test_class_sizes_are_listed_the_smallest_first() -> None:
    told = answer(_with_classes(CLASSES), "list-class-sizes")["classes"]
    assert told[0] == {"class_name": "small", "cpu": 512, "memory": 1024, "capacity": ["FARGATE"]}
    assert [one["class_name"] for one in told] == ["small", "large"]
    assert "0.5 vCPU, 1 GiB" in run(_with_classes(CLASSES), "list-class-sizes").stdout


def test_a_size_that_fargate_does_not_have_is_named_with_those_that_it_has() -> None:
    result = run(_with_classes('{"odd": {"cpu": 512, "memory": 9999}}'), "list-class-sizes")
    assert result.exit_code == 1
    assert "odd: memory 9999 does not go with cpu 512; allowed: 1024, 2048" in result.stderr


def test_a_parameter_that_is_not_there_is_refused() -> None:
    fleet = CliFleet(SimulatedFleet())
    assert run(fleet, "list-class-sizes").exit_code == 3


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        (("runners", "list"), ["RUNNER_TABLE"]),
        (("runners", "details", RUNNER), ["RUNNER_TABLE"]),
        (("runners", "history", "7"), ["EVENTS_TABLE"]),
        (("runners", "terminate", RUNNER), ["EVENTS_TABLE", "RUNNER_TABLE"]),
        (("jobs", "list"), ["EVENTS_TABLE", "RUNNER_TABLE"]),
        (("jobs", "why", "7"), ["EVENTS_TABLE", "RUNNER_TABLE"]),
        (("logs", "7"), ["EVENTS_TABLE", "RUNNER_TABLE", "RUNNER_LOG_GROUP"]),
        (("timeline",), ["EVENTS_TABLE", "RUNNER_TABLE"]),
        (("list-class-sizes",), ["CLASS_SIZES_PARAM"]),
        (("doctor",), ["EVENTS_TABLE"]),
        (("replay", "verify"), ["EVENTS_TABLE", "RUNNER_TABLE"]),
        (("replay", "rebuild"), ["EVENTS_TABLE", "RUNNER_TABLE"]),
        (
            ("replay", "nudge", "--all"),
            ["EVENTS_TABLE", "SCHEDULER_QUEUE_URL", "RECONCILER_QUEUE_URL"],
        ),
        (
            ("replay", "nudge", "--stalled", "--queue", "scheduler"),
            ["RUNNER_TABLE", "SCHEDULER_QUEUE_URL"],
        ),
        (("replay", "nudge", "--all", "--dry-run"), ["EVENTS_TABLE"]),
        (
            ("queues",),
            [
                "EVENTS_TABLE",
                "SCHEDULER_QUEUE_URL",
                "RECONCILER_QUEUE_URL",
                "SCHEDULER_DEAD_LETTER_URL",
                "RECONCILER_DEAD_LETTER_URL",
                "FAILED_EVENTS_URL",
            ],
        ),
        (
            ("status",),
            [
                "EVENTS_TABLE",
                "RUNNER_TABLE",
                "SCHEDULER_QUEUE_URL",
                "RECONCILER_QUEUE_URL",
                "SCHEDULER_DEAD_LETTER_URL",
                "RECONCILER_DEAD_LETTER_URL",
                "FAILED_EVENTS_URL",
            ],
        ),
        (
            ("github", "connect"),
            ["WEBHOOK_URL", "GITHUB_APP_ID", "GITHUB_APP_KEY_PARAM", "GITHUB_API_URL"],
        ),
        (
            ("queues", "redrive", "scheduler"),
            ["SCHEDULER_QUEUE_URL", "SCHEDULER_DEAD_LETTER_URL"],
        ),
        (
            ("queues", "redrive", "--dry-run"),
            ["SCHEDULER_DEAD_LETTER_URL", "RECONCILER_DEAD_LETTER_URL"],
        ),
    ],
)
def test_all_missing_variables_are_named_at_once_and_no_others(
    words: tuple[str, ...], needs: list[str]
) -> None:
    result = run(AwsFleet({}), *words)
    assert result.exit_code == 2
    named = [word for word in result.stderr.replace("(", " ").split() if word.isupper()]
    assert [name for name in named if "_" in name] == needs


def test_help_tells_the_exit_codes_and_the_environment() -> None:
    text = run(None, "--help").stdout
    assert "Exit codes:" in text
    assert "RUNNER_TABLE" in text


def test_aws_errors_are_one_line_with_a_hint_and_a_code_of_their_own() -> None:
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no\nno"}}, "Scan")
    told = foreseen(refused)
    assert told is not None
    assert told.exit_code == 3
    assert "\n" not in told.message
    assert "may not do this" in told.message
    gone = foreseen(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))
    assert gone is not None
    assert "AWS_ENDPOINT_URL" in gone.message
    assert foreseen(KeyError("a bug")) is None


# --- on AWS, as moto plays it --------------------------------------------------------------------


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFleet]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    made = (
        clients._session,
        clients.dynamodb,
        clients.sqs,
        clients.ssm,
    )
    for one in made:
        one.cache_clear()
    with mock_aws():
        boto3.client("ssm").put_parameter(Name="/classes", Type="String", Value=CLASSES)
        yield AwsFleet({**_tables(), **_queues(), "CLASS_SIZES_PARAM": "/classes"})
    for one in made:
        one.cache_clear()


def _tables() -> dict[str, str]:
    client = boto3.client("dynamodb")
    for table in (events_table("events"), runners_table("runners")):
        client.create_table(**table)
    return {"EVENTS_TABLE": "events", "RUNNER_TABLE": "runners"}


def _queues() -> dict[str, str]:
    client = boto3.client("sqs")
    fifo = {"FifoQueue": "true"}
    urls = {"FAILED_EVENTS_URL": client.create_queue(QueueName="failed-events")["QueueUrl"]}
    for name in ("scheduler", "reconciler"):
        for kind, queue in (("QUEUE", name), ("DEAD_LETTER", f"{name}-dead")):
            made = client.create_queue(QueueName=f"{queue}.fifo", Attributes=fifo)
            urls[f"{name.upper()}_{kind}_URL"] = made["QueueUrl"]
    return urls


def test_every_command_reads_real_items(aws: AwsFleet) -> None:
    memory = mixed()
    copy(memory, DynamoEventLog(clients.dynamodb(), "events", "runners"))
    listed = answer(aws, "runners", "list")["runners"]
    assert {row["runner_id"]: row["status"] for row in listed} == memory.statuses()
    for runner_id in memory.statuses():
        assert run(aws, "runners", "details", runner_id).exit_code == 0
        assert run(aws, "runners", "history", runner_id).exit_code == 0
    assert [one["class_name"] for one in answer(aws, "list-class-sizes")["classes"]] == [
        "small",
        "large",
    ]
    assert run(aws, "replay", "verify").exit_code == 0


def test_a_dropped_table_is_rebuilt_bit_for_bit(aws: AwsFleet) -> None:
    copy(mixed(), DynamoEventLog(clients.dynamodb(), "events", "runners"))
    before = _items()
    assert any("slots_held" in item for item in before.values()), "the counter is rebuilt, too"
    for item in clients.dynamodb().scan(TableName="runners")["Items"]:
        clients.dynamodb().delete_item(TableName="runners", Key={"runner_id": item["runner_id"]})
    assert _items() == {}
    assert run(aws, "replay", "rebuild", "--yes").exit_code == 0
    assert _items() == before


def test_a_row_broken_by_hand_is_named_and_mended(aws: AwsFleet) -> None:
    copy(mixed(), DynamoEventLog(clients.dynamodb(), "events", "runners"))
    before = _items()
    clients.dynamodb().update_item(
        TableName="runners",
        Key={"runner_id": {"S": RUNNER}},
        UpdateExpression="REMOVE job_id SET status_at = :text",
        ExpressionAttributeValues={":text": {"S": "yesterday"}},
    )
    result = run(aws, "runners", "details", RUNNER)
    assert result.exit_code == 1
    assert f"{RUNNER} can't be read" in result.stderr
    assert "replay rebuild" in result.stderr
    result = run(aws, "replay", "verify")
    assert result.exit_code == 1
    assert f"{RUNNER}  can't be read" in result.stdout
    assert run(aws, "replay", "rebuild", "--yes").exit_code == 0
    assert _items() == before


def test_terminate_and_nudge_write_where_they_should(aws: AwsFleet) -> None:
    copy(mixed(), DynamoEventLog(clients.dynamodb(), "events", "runners"))
    assert answer(aws, "runners", "terminate", "fleet-9-2")["recorded"] is True
    assert answer(aws, "runners", "details", "fleet-9-2")["stopping"] == "asked by an operator"
    assert run(aws, "replay", "verify").exit_code == 0
    run(aws, "replay", "nudge", "--job", "9", "--queue", "scheduler")
    url = aws.variable("SCHEDULER_QUEUE_URL")
    (message,) = clients.sqs().receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["stream"] == "job-9"


def test_a_dead_letter_is_seen_put_back_and_seen_no_more(aws: AwsFleet) -> None:
    copy(mixed(), DynamoEventLog(clients.dynamodb(), "events", "runners"))
    clients.sqs().send_message(
        QueueUrl=aws.variable("SCHEDULER_DEAD_LETTER_URL"),
        MessageBody='{"stream": "job-9", "event": "outside-1"}',
        MessageGroupId="job-9",
        MessageDeduplicationId="outside-1",
    )
    text = run(aws, "queues").stdout
    assert "scheduler: empty" in text
    assert "dead letters of scheduler: 1, oldest for " in text
    assert "job 9 (octo/repo)" in text
    assert [one["stream"] for one in answer(aws, "queues", "redrive")["moved"]] == ["job-9"]
    text = run(aws, "queues", "--check").stdout
    assert "scheduler: 1 waiting, 0 in work, age of the oldest unknown" in text
    assert "dead letters of scheduler: none" in text


def test_a_queue_that_is_not_there_is_one_clear_line(aws: AwsFleet) -> None:
    url = aws.variable("SCHEDULER_QUEUE_URL").replace("scheduler", "gone")
    urls = {"SCHEDULER_QUEUE_URL": url, "SCHEDULER_DEAD_LETTER_URL": url}
    result = run(AwsFleet(urls), "queues", "redrive", "scheduler")
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1
    assert "check the queues' URLs" in result.stderr


def test_a_table_that_is_not_there_is_one_clear_line(aws: AwsFleet) -> None:
    result = run(AwsFleet({"RUNNER_TABLE": "nope"}), "runners", "list")
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1
    assert "check the names in EVENTS_TABLE, RUNNER_TABLE" in result.stderr


def test_nothing_of_the_environment_is_read_before_a_command_runs() -> None:
    assert run(AwsFleet({}), "runners", "--help").exit_code == 0
    assert run(CliFleet(done()), "runners", "list").exit_code == 0


def _items() -> dict[str, Any]:
    return raw_rows(clients.dynamodb(), "runners")


def test_secrets_are_stored_encrypted_and_never_replaced_unasked(aws: AwsFleet) -> None:
    def store(value: str, *, overwrite: bool = False) -> None:
        aws.secrets.store("/a/b", value, description="A", kms_key_id=None, overwrite=overwrite)

    assert aws.secrets.existing(["/a/b", "/c"]) == []
    store("first")
    assert aws.secrets.existing(["/a/b", "/c"]) == ["/a/b"]
    with pytest.raises(ClientError, match="ParameterAlreadyExists"):
        store("second")
    store("third", overwrite=True)
    stored = clients.ssm().get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]
    assert (stored["Type"], stored["Value"]) == ("SecureString", "third")
