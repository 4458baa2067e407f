"""What the outbox sends and publishes for records of the log's stream."""

import json
from collections import Counter
from io import StringIO
from random import Random
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from functions.outbox import handler as outbox
from functions.outbox.forward import Outbox
from shared.domain.notices import Notice
from shared.nudge import MAX_FIRST, Nudge
from tests.simulated.agenda import Agenda
from tests.simulated.aws.errors import error
from tests.simulated.aws.events import Events
from tests.simulated.aws.fifo import Queue
from tests.simulated.aws.sqs import SQS
from tests.simulated.names import FLEET, QUEUES, UNDELIVERED
from tests.simulation.world.fleet import environments
from tests.simulation.world.functions import Counts
from tests.simulation.world.stream import stream_record
from tests.support.loggers import logger_to

Sent = dict[str, list[tuple[str, str]]]


class Sqs(SQS):
    """SQS, which answers for some events as it is told.

    Attributes:
        refused: By event id, whether SQS blames the sender, which makes a retry useless.
        down: The URLs of queues that do not answer.
        denied: The URLs of queues to which it takes no single message.
    """

    def __init__(self) -> None:
        super().__init__(Agenda(Random(1), 0.0))
        self.refused: dict[str, bool] = {}
        self.down: set[str] = set()
        self.denied: set[str] = set()
        for url in QUEUES.values():
            self.create(Queue(url))
        self.create(Queue(UNDELIVERED, fifo=False))

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

    def send_message(self, **asked: Any) -> dict[str, Any]:
        if asked["QueueUrl"] in self.down:
            raise error("ServiceUnavailable", "later", "SendMessage")
        if asked["QueueUrl"] in self.denied:
            raise error("AccessDeniedException", "not authorized", "SendMessage")
        return super().send_message(**asked)

    def undelivered(self) -> list[int]:
        """The jobs of the notices in the queue `undelivered`."""
        messages = self.queues[UNDELIVERED].messages()
        return [json.loads(one.body)["job_id"] for one in messages]

    def sent(self) -> Sent:
        """By queue, each message's group and event, in order."""
        return {
            name: [
                (one.group, json.loads(one.body)["event"]) for one in self.queues[url].messages()
            ]
            for name, url in QUEUES.items()
        }


class Bus(Events):
    """EventBridge, which answers as it is told.

    Attributes:
        refused: The jobs whose notices it does not accept.
        down: Whether the whole call fails.
    """

    def __init__(self) -> None:
        super().__init__(FLEET.bus)
        self.refused: set[int] = set()
        self.down = False

    def put_events(self, **asked: Any) -> dict[str, Any]:
        if self.down:
            raise error("InternalException", "later", "PutEvents")
        entries = asked["Entries"]
        assert len(entries) <= 10
        told = []
        for entry in entries:
            if json.loads(entry["Detail"])["job_id"] in self.refused:
                told.append({"ErrorCode": "ThrottlingException", "ErrorMessage": "too many"})
            else:
                told += super().put_events(Entries=[entry])["Entries"]
        failed = sum("ErrorCode" in one for one in told)
        return {"FailedEntryCount": failed, "Entries": told}

    def published(self) -> list[int]:
        """The jobs of the notices on the bus."""
        return [json.loads(one["Detail"])["job_id"] for one in self.entries[FLEET.bus]]


class Clients:
    """The two clients of the outbox. That of EventBridge is made when it is first needed."""

    def __init__(self, sqs: Sqs, bus: Bus) -> None:
        self._sqs, self._bus = sqs, bus
        self.made: list[str] = []

    def sqs(self) -> Sqs:
        self.made.append("sqs")
        return self._sqs

    def events(self) -> Bus:
        self.made.append("events")
        return self._bus


class Context:
    function_name = "outbox"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:outbox"
    aws_request_id = "request-1"


@pytest.fixture
def sqs() -> Sqs:
    return Sqs()


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def clients(sqs: Sqs, bus: Bus) -> Clients:
    return Clients(sqs, bus)


@pytest.fixture
def metrics() -> Counts:
    return Counts()


@pytest.fixture
def written() -> StringIO:
    """What the function logs."""
    return StringIO()


@pytest.fixture
def forwarding(clients: Any, metrics: Any, written: StringIO) -> Outbox:
    logger = logger_to(written, "outbox")
    return outbox.wire(environments({}, images=False)["outbox"], clients, logger, metrics)


def _record(
    number: int,
    route: str | None = "scheduler",
    stream: str = "job-7",
    name: str = "INSERT",
    notices: tuple[Notice, ...] = (),
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "stream": {"S": stream},
        "seq": {"N": str(number)},
        "id": {"S": f"event-{number}"},
    }
    if route is not None:
        item["route"] = {"S": route}
    if notices:
        item["notices"] = {"S": msgspec.json.encode(notices).decode()}
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


def _sent_with(forwarding: Outbox, sqs: Sqs, seq: int, body: str) -> Any:
    """The nudge to the scheduler after an event with that number in its stream."""
    record = _record(1, stream="job-7")
    record["dynamodb"]["NewImage"] |= {"seq": {"N": str(seq)}, "body": {"S": body}}
    assert _forward(forwarding, record) == []
    (message,) = sqs.queues[QUEUES["scheduler"]].messages()
    assert message.body.isascii()
    return json.loads(message.body)


def test_the_first_event_of_a_stream_comes_with_its_nudge(forwarding: Outbox, sqs: Sqs) -> None:
    body = '{"name":"gr\u00fc\uffff"}'
    assert _sent_with(forwarding, sqs, 1, body)["first"] == body


@pytest.mark.parametrize(
    ("seq", "body"), [(2, "{}"), (1, "x" * (MAX_FIRST + 1))], ids=["not the first", "too long"]
)
def test_any_other_event_does_not(forwarding: Outbox, sqs: Sqs, seq: int, body: str) -> None:
    assert _sent_with(forwarding, sqs, seq, body) == {"stream": "job-7", "event": "event-1"}


def test_ten_first_events_of_the_most_bytes_are_one_batch() -> None:
    """Source of the limit: Amazon SQS API Reference, SendMessageBatch."""
    assert 10 * len(Nudge("job-7", "e" * 128, "\U0001f600" * MAX_FIRST).body()) < 2**20


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


# --- notices -------------------------------------------------------------------------------------


def _refused(*jobs: int) -> tuple[Notice, ...]:
    return tuple(
        Notice(kind="Job Refused", fleet="fleet", job_id=job, reason="too old") for job in jobs
    )


def test_a_notice_is_published_with_its_kind_as_the_detail_type(
    forwarding: Outbox, bus: Bus, sqs: Sqs
) -> None:
    assert _forward(forwarding, _record(1, notices=_refused(7))) == []
    (entry,) = bus.entries[FLEET.bus]
    assert (entry["Source"], entry["DetailType"]) == ("ecs-runner-fleet", "Job Refused")
    assert msgspec.json.decode(entry["Detail"], type=Notice) == _refused(7)[0]
    assert sqs.sent()["scheduler"] == [("job-7", "event-1")], "the nudge is sent, too"


def test_an_event_with_a_notice_and_no_route_is_published(forwarding: Outbox, bus: Bus) -> None:
    _forward(forwarding, _record(1, None, notices=_refused(7)))
    assert bus.published() == [7]


def test_the_client_of_eventbridge_is_made_for_the_first_notice(
    forwarding: Outbox, clients: Clients
) -> None:
    _forward(forwarding, _record(1))
    assert clients.made == ["sqs"]
    _forward(forwarding, _record(2, notices=_refused(7)))
    assert clients.made == ["sqs", "events"]


def test_more_notices_than_a_call_may_have_are_all_published(forwarding: Outbox, bus: Bus) -> None:
    bus.refused = {13}
    _forward(forwarding, *(_record(job, notices=_refused(job, job + 100)) for job in range(1, 15)))
    jobs = [one for job in range(1, 15) for one in (job, job + 100)]
    assert bus.published() == [job for job in jobs if job != 13]


def test_a_notice_that_the_bus_refuses_is_put_into_the_queue_and_holds_nothing_up(
    forwarding: Outbox, bus: Bus, sqs: Sqs, written: StringIO
) -> None:
    bus.refused = {8}
    records = [_record(job, notices=_refused(job)) for job in (7, 8, 9)]
    assert _forward(forwarding, *records) == []
    assert (bus.published(), sqs.undelivered()) == ([7, 9], [8])
    assert len(sqs.sent()["scheduler"]) == 3
    (told,) = (json.loads(line) for line in written.getvalue().splitlines())
    assert (told["level"], told["reason"]) == ("ERROR", "ThrottlingException: too many")


def test_a_bus_that_does_not_answer_holds_nothing_up(
    forwarding: Outbox, bus: Bus, sqs: Sqs
) -> None:
    bus.down = True
    records = [_record(job, notices=_refused(job)) for job in (7, 8)]
    assert _forward(forwarding, *records) == []
    assert sqs.undelivered() == [7, 8]
    assert len(sqs.sent()["scheduler"]) == 2


def test_a_notice_that_nobody_accepts_is_tried_again_with_its_record(
    forwarding: Outbox, bus: Bus, sqs: Sqs
) -> None:
    bus.refused, sqs.down = {8}, {UNDELIVERED}
    records = [_record(job, notices=_refused(job)) for job in (7, 8, 9)]
    assert _forward(forwarding, *records) == ["8"]
    bus.refused, sqs.down = set(), set()
    assert _forward(forwarding, *records[1:]) == []
    assert set(bus.published()) == {7, 8, 9}


def test_a_notice_that_nobody_will_ever_accept_is_in_the_log_and_holds_nothing_up(
    forwarding: Outbox, bus: Bus, sqs: Sqs, metrics: Counts, written: StringIO
) -> None:
    bus.refused, sqs.denied = {8}, {UNDELIVERED}
    assert _forward(forwarding, _record(1, notices=_refused(8))) == []
    assert sqs.sent()["scheduler"] == [("job-7", "event-1")]
    assert metrics.counts == Counter(NudgeSkipped=1), "which has an alarm"
    assert "Job Refused" in written.getvalue()


def test_a_notice_of_a_label_with_characters_that_sqs_rejects_can_be_put_into_the_queue(
    forwarding: Outbox, bus: Bus, sqs: Sqs
) -> None:
    bus.refused = {8}
    strange = replace(_refused(8)[0], reason='class "\uffff" is not defined')
    _forward(forwarding, _record(1, notices=(strange,)))
    (message,) = sqs.queues[UNDELIVERED].messages()
    assert message.body.isascii()
    assert msgspec.json.decode(message.body, type=Notice) == strange


def test_notices_that_can_not_be_read_are_skipped_after_the_nudge_was_sent(
    forwarding: Outbox, sqs: Sqs, metrics: Counts
) -> None:
    record = _record(1)
    record["dynamodb"]["NewImage"]["notices"] = {"S": '[{"kind": 7}]'}
    assert _forward(forwarding, record) == []
    assert sqs.sent()["scheduler"] == [("job-7", "event-1")]
    assert metrics.counts == Counter(NudgeSkipped=1)
