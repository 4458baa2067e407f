"""Faults of tables, rows, slots, queues and alarms."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from cli.doctor.checks.observed import ALARMS
from shared.adapters import counter, items
from shared.adapters.clock import SYSTEM
from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.slot.circuit import Circuit
from shared.domain.slot.counter import SHARDS, Shard
from shared.domain.slot.rate_limit import RateLimits
from tests.cli.doctor.faults.fault import fault, refused
from tests.cli.doctor.stack import PREFIX, Site

EVENTS, RUNNERS = f"{PREFIX}-events", f"{PREFIX}-runners"
VERIFY = "`ecsrunner replay rebuild` repairs them"


@contextmanager
def _described(site: Site, table: str, **changes: Any) -> Iterator[None]:
    """Describe a table with other values."""
    found = site.client("dynamodb").describe_table(TableName=table)["Table"]

    def answer(params: Any) -> Any:
        asked = json.loads(params["body"])["TableName"]
        return {"Table": found | changes} if asked == table else None

    with site.answers("DescribeTable", answer):
        yield


@fault("tables", "mini-runners the table does not exist", "`ecsrunner replay rebuild` fills")
def the_runners_table_is_deleted(site: Site) -> Iterator[None]:
    def answer(params: Any) -> Any:
        gone = json.loads(params["body"])["TableName"] == RUNNERS
        return refused("ResourceNotFoundException") if gone else None

    with site.answers("DescribeTable", answer):
        yield


@fault("tables", "mini-events its stream is off", "terraform apply")
def the_stream_is_off(site: Site) -> Iterator[None]:
    with _described(site, EVENTS, StreamSpecification={"StreamEnabled": False}):
        yield


@fault("tables", "mini-events its stream has KEYS_ONLY only", "terraform apply")
def the_stream_has_keys_only(site: Site) -> Iterator[None]:
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    with _described(site, EVENTS, StreamSpecification=stream):
        yield


@fault("tables", "mini-runners/by_deadline the index is missing", "terraform apply")
def an_index_is_missing(site: Site) -> Iterator[None]:
    found = site.client("dynamodb").describe_table(TableName=RUNNERS)["Table"]
    left = [one for one in found["GlobalSecondaryIndexes"] if one["IndexName"] != "by_deadline"]
    with _described(site, RUNNERS, GlobalSecondaryIndexes=left):
        yield


@fault("backups", "mini-events has no point-in-time recovery", "terraform apply", level="warning")
def the_log_can_not_be_restored(site: Site) -> Iterator[None]:
    _recovery(site, enabled=False)
    yield
    _recovery(site, enabled=True)


def _recovery(site: Site, *, enabled: bool) -> None:
    site.client("dynamodb").update_continuous_backups(
        TableName=EVENTS, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
    )


@contextmanager
def _items(site: Site, *written: Any) -> Iterator[None]:
    """Write items to the runners table, and restore what was there."""
    dynamodb = site.client("dynamodb")
    for item in written:
        key = {"runner_id": item["runner_id"]}
        before = dynamodb.get_item(TableName=RUNNERS, Key=key).get("Item")
        dynamodb.put_item(TableName=RUNNERS, Item=item)
        written_before.append((key, before))
    yield
    while written_before:
        key, before = written_before.pop()
        if before is None:
            dynamodb.delete_item(TableName=RUNNERS, Key=key)
        else:
            dynamodb.put_item(TableName=RUNNERS, Item=before)


written_before: list[Any] = []


@fault("slots", "circuit breaker it is open: the last 10 launches were broken", "runners history")
def the_circuit_breaker_is_open(site: Site) -> Iterator[None]:
    with _items(site, counter.circuit_item(Circuit(version=9, broken=10))):
        yield


@fault(
    "slots", "all 20 of max_runners are in use, and 24 jobs wait", "max_runners", level="warning"
)
def all_slots_are_used(site: Site) -> Iterator[None]:
    shards = (counter.shard_item(one, Shard(held=3, awaited=3, changes=9)) for one in range(SHARDS))
    with _items(site, *shards):
        yield


@fault("slots", "GitHub's rate limit it holds until", "github_additional", level="warning")
def the_rate_limit_holds(site: Site) -> Iterator[None]:
    until = SYSTEM.now() + timedelta(hours=1)
    with _items(site, counter.rate_limits_item(RateLimits().refused("", until))):
        yield


@fault("slots", "can't be read, so launches wait", VERIFY)
def a_part_of_the_counter_is_damaged(site: Site) -> Iterator[None]:
    item = counter.shard_item(0, Shard())
    with _items(site, item | {"slots_held": {"S": "many"}}):
        yield


@fault("drift", "the row drifts from the log: differs in repository", VERIFY)
def a_row_was_changed_by_hand(site: Site) -> Iterator[None]:
    table = DynamoRunnersTable(site.client("dynamodb"), RUNNERS)
    row = next(table.all())
    with _items(site, items.row_item(replace(row, repository="evil/repo"))):
        yield


@fault("drift", "mini-99-1 the row drifts from the log: unknown to the log", VERIFY)
def a_row_is_not_in_the_log(site: Site) -> Iterator[None]:
    table = DynamoRunnersTable(site.client("dynamodb"), RUNNERS)
    row = replace(next(table.all()), runner_id="mini-99-1", job_id=99, status_at=SYSTEM.now())
    with _items(site, items.row_item(row)):
        yield


@fault("drift", "can't be read", VERIFY)
def a_row_is_damaged(site: Site) -> Iterator[None]:
    table = DynamoRunnersTable(site.client("dynamodb"), RUNNERS)
    item = items.row_item(next(table.all()))
    with _items(site, item | {"job_id": {"S": "none"}}):
        yield


# --- queues --------------------------------------------------------------------------------------


@contextmanager
def _attributes(site: Site, consumer: str, **values: str) -> Iterator[None]:
    sqs, url = site.client("sqs"), site.resources.queues[consumer]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(values))["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=values)
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@fault("queues", "mini-undelivered the queue does not exist", "terraform apply")
def a_queue_is_deleted(site: Site) -> Iterator[None]:
    def answer(params: Any) -> Any:
        gone = json.loads(params["body"])["QueueName"] == f"{PREFIX}-undelivered"
        return refused("AWS.SimpleQueueService.NonExistentQueue") if gone else None

    with site.answers("GetQueueUrl", answer):
        yield


@fault(
    "queues",
    "mini-scheduler.fifo its dead-letter queue is not mini-scheduler-dead.fifo",
    "terraform",
)
def a_queue_has_another_dead_letter_queue(site: Site) -> Iterator[None]:
    sqs = site.client("sqs")
    other = sqs.get_queue_attributes(
        QueueUrl=site.resources.dead_letters["reconciler"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": other, "maxReceiveCount": 120})
    with _attributes(site, "scheduler", RedrivePolicy=policy):
        yield


@fault(
    "queues",
    "visibility timeout of 30 s is less than 6 times the 120 s",
    "terraform",
    level="warning",
)
def a_visibility_timeout_is_short(site: Site) -> Iterator[None]:
    with _attributes(site, "reconciler", VisibilityTimeout="30"):
        yield


@fault("queues", "the outbox sends nudges to it, but the scheduler reads", "terraform apply")
def the_outbox_sends_to_another_queue(site: Site) -> Iterator[None]:
    url = f"{site.resources.queues['scheduler']}-old"
    with site.configured("outbox", SCHEDULER_QUEUE_URL=url):
        yield


@fault(
    "dead-letters",
    "mini-scheduler-dead.fifo holds 1 messages",
    "`ecsrunner queues redrive scheduler`",
)
def a_nudge_is_dead(site: Site) -> Iterator[None]:
    sqs, url = site.client("sqs"), site.resources.dead_letters["scheduler"]
    fifo = {"MessageGroupId": "job-7", "MessageDeduplicationId": "1"}
    sqs.send_message(QueueUrl=url, MessageBody="{}", **fifo)
    yield
    sqs.purge_queue(QueueUrl=url)


@fault("dead-letters", "mini-failed-events holds 1 messages", "`ecsrunner queues` shows them")
def an_event_failed(site: Site) -> Iterator[None]:
    sqs, url = site.client("sqs"), site.resources.failed_events
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    yield
    sqs.purge_queue(QueueUrl=url)


@fault("event-bus", "mini the event bus does not exist", "terraform apply")
def the_event_bus_is_deleted(site: Site) -> Iterator[None]:
    site.client("events").delete_event_bus(Name=PREFIX)
    yield
    site.client("events").create_event_bus(Name=PREFIX)


# --- alarms --------------------------------------------------------------------------------------


@fault("alarms", "mini-outbox-late the alarm is in ALARM since", "Read the log of outbox-late")
def an_alarm_is_in_alarm(site: Site) -> Iterator[None]:
    alarm, cloudwatch = f"{PREFIX}-outbox-late", site.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    yield
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")


@fault("alarms", "mini-ingest-errors the alarms do not exist", "terraform apply", level="warning")
def an_alarm_is_deleted(site: Site) -> Iterator[None]:
    cloudwatch, name = site.client("cloudwatch"), f"{PREFIX}-{ALARMS[0]}"
    cloudwatch.delete_alarms(AlarmNames=[name])
    yield
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="x",
        MetricName="x",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
    )


@fault("alarms", "notifies nobody", "enable-alarm-actions", level="warning")
def the_actions_of_an_alarm_are_disabled(site: Site) -> Iterator[None]:
    alarms = site.client("cloudwatch").describe_alarms()["MetricAlarms"]
    quiet = {"AlarmActions": ["arn:aws:sns:x:1:y"], "ActionsEnabled": False}
    changed = [alarms[0] | quiet, *alarms[1:]]
    with site.answers("DescribeAlarms", lambda _: {"MetricAlarms": changed}):
        yield


@fault("drift", "dynamodb:Query these credentials", "Allow dynamodb:Query", level="unknown")
def the_permission_for_rows_is_missing(site: Site) -> Iterator[None]:
    message = "User: x is not authorized to perform: dynamodb:Query on resource: y"
    denied = refused("AccessDeniedException", message)
    with site.answers("Query", lambda params: denied if _is_rows(params) else None):
        yield


def _is_rows(params: Any) -> bool:
    return bool(json.loads(params["body"])["TableName"] == RUNNERS)
