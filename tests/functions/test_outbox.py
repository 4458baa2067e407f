"""What the outbox sends for records of the log's stream."""

import json
from collections import Counter
from io import StringIO
from itertools import count
from random import Random
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from msgspec.structs import replace

from functions.outbox import handler as outbox
from functions.outbox.forward import Outbox
from tests.simulated.agenda import Agenda
from tests.simulated.aws.errors import error
from tests.simulated.aws.fifo import Queue
from tests.simulated.aws.sqs import SQS
from tests.simulated.names import QUEUES
from tests.simulation.world.fleet import environments
from tests.simulation.world.functions import Counts
from tests.simulation.world.stream import stream_record

_LOGGERS = count(1)
Sent = dict[str, list[tuple[str, str]]]


class Sqs(SQS):
    """SQS, which answers for some events as it is told.

    Attributes:
        refused: By event id, whether SQS blames the sender, which makes a retry useless.
        down: The URLs of queues that do not answer.
    """

    def __init__(self) -> None:
        super().__init__(Agenda(Random(1), 0.0))
        self.refused: dict[str, bool] = {}
        self.down: set[str] = set()
        for url in QUEUES.values():
            self.create(Queue(url))

    def send_message_batch(self, **asked: Any) -> dict[str, list[dict[str, Any]]]:
        if asked["QueueUrl"] in self.down:
            raise error("ServiceUnavailable", "later", "SendMessageBatch")
        refused = [one for one in asked["Entries"] if one["MessageDeduplicationId"] in self.refused]
        taken = [one for one in asked["Entries"] if one not in refused]
        answer = super().send_message_batch(QueueUrl=asked["QueueUrl"], Entries=taken)
        for one in refused:
            blames_sender = self.refused[one["MessageDeduplicationId"]]
            failed = {"Id": one["Id"], "Code": "InternalError", "SenderFault": blames_sender}
            answer["Failed"].append(failed)
        return answer

    def sent(self) -> Sent:
        """By queue, each message's group and event, in order."""
        return {
            name: [
                (one.group, json.loads(one.body)["event"]) for one in self.queues[url].messages()
            ]
            for name, url in QUEUES.items()
        }


class Context:
    function_name = "outbox"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:outbox"
    aws_request_id = "request-1"


@pytest.fixture
def sqs() -> Sqs:
    return Sqs()


@pytest.fixture
def metrics() -> Counts:
    return Counts()


@pytest.fixture
def written() -> StringIO:
    """What the function logs."""
    return StringIO()


@pytest.fixture
def forwarding(sqs: Sqs, metrics: Any, written: StringIO) -> Outbox:
    logger = Logger(service=f"outbox-{next(_LOGGERS)}", stream=written)
    client: Any = sqs
    return outbox.wire(environments({}, images=False)["outbox"], client, logger, metrics)


def _record(
    number: int, route: str | None = "scheduler", stream: str = "job-7", name: str = "INSERT"
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "stream": {"S": stream},
        "seq": {"N": str(number)},
        "id": {"S": f"event-{number}"},
    }
    if route is not None:
        item["route"] = {"S": route}
    return stream_record(item, str(number)) | {"eventName": name}


def _forward(forwarding: Outbox, *records: dict[str, Any]) -> list[str]:
    answer = forwarding.forward({"Records": list(records)})
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def test_each_event_becomes_a_message_on_the_queues_of_its_route(
    forwarding: Outbox, sqs: Sqs
) -> None:
    failed = _forward(
        forwarding, _record(1), _record(2, "reconciler"), _record(3, "both"), _record(4, None)
    )

    assert failed == []
    assert sqs.sent() == {
        "scheduler": [("job-7", "event-1"), ("job-7", "event-3")],
        "reconciler": [("job-7", "event-2"), ("job-7", "event-3")],
    }


@pytest.mark.parametrize("skipped", [True, False])
def test_the_handler_sends_a_metric_only_when_a_record_was_skipped(
    forwarding: Outbox,
    sqs: Sqs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    skipped: bool,
) -> None:
    """A metric costs for each hour in which it is sent."""
    wired: Any = replace(forwarding, metrics=outbox.metrics)
    monkeypatch.setattr(outbox, "wired", lambda: wired)
    records = [_record(1)]
    if skipped:
        records.append(_record(2, "nowhere"))
    answer = outbox.handler({"Records": records}, Context())
    assert answer == {"batchItemFailures": []}
    assert sqs.sent()["scheduler"] == [("job-7", "event-1")]
    assert bool(capsys.readouterr().out) is skipped


def test_an_empty_batch_that_keeps_an_environment_sends_nothing(
    forwarding: Outbox, sqs: Sqs
) -> None:
    assert _forward(forwarding) == []
    assert sqs.sent() == {"scheduler": [], "reconciler": []}


def test_a_message_names_the_stream_and_is_grouped_by_it(forwarding: Outbox, sqs: Sqs) -> None:
    _forward(forwarding, _record(1, stream="image-ubuntu"))

    (message,) = sqs.queues[QUEUES["scheduler"]].messages()
    assert json.loads(message.body) == {"stream": "image-ubuntu", "event": "event-1"}
    assert message.group == "image-ubuntu"


def _changed(number: int, name: str) -> dict[str, Any]:
    """A record of an event that was replaced or removed."""
    record = _record(number, name=name)
    change = record["dynamodb"]
    change["Keys"] = {key: change["NewImage"][key] for key in ("stream", "seq")}
    change["OldImage"] = change["NewImage"] | {"body": {"S": f"what event {number} was"}}
    if name == "REMOVE":
        del change["NewImage"]
    return record


def test_an_event_that_was_replaced_or_removed_is_an_alarm_and_the_log_has_what_it_was(
    forwarding: Outbox, sqs: Sqs, metrics: Counts, written: StringIO
) -> None:
    records = (_changed(1, "MODIFY"), _changed(2, "REMOVE"), _record(3))

    assert _forward(forwarding, *records) == []
    assert sqs.sent()["scheduler"] == [("job-7", "event-3")], "a change is no nudge"
    assert metrics.counts == Counter(EventChanged=2)
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(one["stream"], one["seq"], one["event_id"], one["before"]) for one in told] == [
        ("job-7", 1, "event-1", "what event 1 was"),
        ("job-7", 2, "event-2", "what event 2 was"),
    ]


def test_more_records_than_a_call_may_have_are_all_sent_in_order(
    forwarding: Outbox, sqs: Sqs
) -> None:
    _forward(forwarding, *(_record(number) for number in range(1, 35)))

    assert sqs.sent()["scheduler"] == [("job-7", f"event-{number}") for number in range(1, 35)]


def test_a_record_that_is_no_event_is_skipped_and_the_others_are_sent(
    forwarding: Outbox, sqs: Sqs, metrics: Counts, written: StringIO
) -> None:
    unreadable = _record(2)
    del unreadable["dynamodb"]["NewImage"]["id"]

    failed = _forward(forwarding, _record(1), unreadable, _record(3, "elsewhere"), _record(4))

    assert failed == [], "a retry would fail, too, and hold up the shard"
    assert sqs.sent()["scheduler"] == [("job-7", "event-1"), ("job-7", "event-4")]
    assert metrics.counts == Counter(NudgeSkipped=2)
    skipped = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [one["sequence_number"] for one in skipped] == ["2", "3"]


def test_a_message_that_sqs_refuses_for_good_is_skipped_and_named(
    forwarding: Outbox, sqs: Sqs, metrics: Counts, written: StringIO
) -> None:
    sqs.refused = {"event-1": True}

    assert _forward(forwarding, _record(1), _record(2)) == []
    assert sqs.sent()["scheduler"] == [("job-7", "event-2")]
    assert metrics.counts == Counter(NudgeSkipped=1)
    (skipped,) = (json.loads(line) for line in written.getvalue().splitlines())
    assert (skipped["stream"], "event-1" in skipped["reason"]) == ("job-7", True)


def test_lambda_retries_from_the_first_record_that_sqs_did_not_accept_for_now(
    forwarding: Outbox, sqs: Sqs, metrics: Counts
) -> None:
    sqs.refused = {"event-3": False, "event-2": False}

    assert _forward(forwarding, *map(_record, (1, 2, 3, 4))) == ["2"]
    assert sqs.sent()["scheduler"] == [("job-7", "event-1"), ("job-7", "event-4")]
    assert metrics.counts == Counter(), "nothing is skipped"

    sqs.refused = {}
    assert _forward(forwarding, *map(_record, (2, 3, 4))) == []
    assert sorted(sqs.sent()["scheduler"]) == [("job-7", f"event-{one}") for one in (1, 2, 3, 4)]


def test_a_queue_that_does_not_answer_keeps_no_message_from_the_other_one(
    forwarding: Outbox, sqs: Sqs
) -> None:
    sqs.down = {QUEUES["scheduler"]}

    assert _forward(forwarding, _record(1, "reconciler"), _record(2, "both")) == ["2"]
    assert sqs.sent() == {
        "scheduler": [],
        "reconciler": [("job-7", "event-1"), ("job-7", "event-2")],
    }
