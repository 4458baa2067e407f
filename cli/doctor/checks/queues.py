"""The checks of the queues, their dead letters, and the event bus."""

import json
from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from cli.doctor.context import Context
from cli.doctor.errors import is_missing
from cli.doctor.finding import Finding, problem, warning
from cli.doctor.settings import CONSUMERS

_APPLY = "terraform apply"
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_FACTOR = 6
"""Minimum of visibility timeout to function timeout. Source: AWS Lambda Developer Guide, "Creating
and configuring an Amazon SQS event source mapping"."""
_REDRIVE = "Read the log of the {0} for what made them fail; then `ecsrunner queues redrive {0}`."
FAILURES = {
    "failed-events": "`ecsrunner queues` shows them, why they failed and how to send them again.",
    "undelivered": "Read the logs of the outbox and of ingest; the Janitor drives the streams of "
    "lost nudges. `aws sqs purge-queue` deletes what is settled.",
}


def names(context: Context) -> dict[str, str]:
    """Return the name of each queue in AWS by its own name."""
    mine = context.settings
    return {
        **{one: _name(context.variable(one, "QUEUE_URL")) for one in CONSUMERS},
        "scheduler-dead": _name(mine.scheduler_dead_letter_url),
        "reconciler-dead": _name(mine.reconciler_dead_letter_url),
        "failed-events": f"{context.prefix}-failed-events",
        "undelivered": _name(context.variable("outbox", "UNDELIVERED_URL")),
    }


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def attributes(context: Context, name: str) -> Mapping[str, str] | None:
    """Return the attributes of a queue, or None if it does not exist."""
    return context.once(("queue", name), lambda: _attributes(context, name))


def _attributes(context: Context, name: str) -> Mapping[str, str] | None:
    client = context.client("sqs")
    try:
        url = client.get_queue_url(QueueName=name)["QueueUrl"]
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return dict(found)


def depth(found: Mapping[str, str]) -> int:
    """Return the approximate number of messages in the queue, in any state."""
    return sum(int(found.get(one, 0)) for one in _COUNTS)


def there(context: Context) -> Iterator[Finding]:
    """Yield queues that are missing or configured so that nudges get lost."""
    known = names(context)
    for own, name in known.items():
        found = attributes(context, name)
        if found is None:
            yield problem(name, "the queue does not exist", f"Create it again: {_APPLY}.")
        elif own in CONSUMERS:
            yield from _consumer(context, own, name, found, known[f"{own}-dead"])
    for own in CONSUMERS:
        sent = _name(context.variable("outbox", f"{own.upper()}_QUEUE_URL"))
        if sent != known[own]:
            yield problem(
                sent,
                f"the outbox sends nudges to it, but the {own} reads {known[own]}",
                f"Write the environments again: {_APPLY}.",
            )


def _consumer(
    context: Context, own: str, name: str, found: Mapping[str, str], dead: str
) -> Iterator[Finding]:
    policy = json.loads(found.get("RedrivePolicy", "{}"))
    if not str(policy.get("deadLetterTargetArn", "")).endswith(f":{dead}"):
        yield problem(
            name,
            f"its dead-letter queue is not {dead}: a nudge that always fails blocks its job",
            f"Set the redrive policy again: {_APPLY}.",
        )
    timeout = int((context.configuration(own) or {}).get("Timeout", 0))
    if int(found.get("VisibilityTimeout", 0)) < _FACTOR * timeout:
        yield warning(
            name,
            f"its visibility timeout of {found.get('VisibilityTimeout')} s is less than {_FACTOR} "
            f"times the {timeout} s of the {own}: messages are received twice",
            f"Set it again: {_APPLY}.",
        )


def dead_letters(context: Context) -> Iterator[Finding]:
    """Yield queues with messages that nothing will process."""
    for own, name in names(context).items():
        found = attributes(context, name) if own not in CONSUMERS else None
        if found is None or not depth(found):
            continue
        remedy = FAILURES.get(own) or _REDRIVE.format(own.removesuffix("-dead"))
        yield problem(name, f"holds {depth(found)} messages that failed", remedy)


def bus(context: Context) -> Iterator[Finding]:
    """Yield that the event bus of the notices is missing."""
    name = context.variable("outbox", "EVENT_BUS_NAME")
    try:
        context.client("events").describe_event_bus(Name=name)
    except ClientError as error:
        if not is_missing(error):
            raise
        yield problem(
            name,
            "the event bus does not exist, so notices end in the queue undelivered",
            f"Create it again: {_APPLY}.",
        )
