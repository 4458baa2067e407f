"""SQS is first in, first out, also under contention, and remembers what it has seen."""

import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import unix_time_millis
from moto.sqs import models
from moto.sqs.models import Message, Queue

from local.aws.patches import event_sources, sqs
from tests.local.aws.patched import fixed_by, let_two_meet

RACERS = 8


@pytest.fixture
def aws(client: Callable[..., Any]) -> Any:
    return client("sqs")


@pytest.fixture
def queue(aws: Any, name: str) -> str:
    return _fifo(aws, name)


def _fifo(aws: Any, name: str, **attributes: str) -> str:
    attributes |= {"FifoQueue": "true", "VisibilityTimeout": "60"}
    return str(aws.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"])


def _send(aws: Any, queue: str, body: str, group: str = "job-1") -> None:
    aws.send_message(
        QueueUrl=queue, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body
    )


def _receive(aws: Any, queue: str, **options: int) -> list[Any]:
    options = {"MaxNumberOfMessages": 10} | options
    return list(aws.receive_message(QueueUrl=queue, **options).get("Messages", []))


def _bodies(messages: list[Any]) -> list[str]:
    return [one["Body"] for one in messages]


def _delete(aws: Any, queue: str, message: Any) -> None:
    aws.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


@fixed_by(sqs.one_action_at_a_time)
@pytest.mark.usefixtures("without")
def test_eight_receivers_get_each_message_once_and_each_group_in_order(
    aws: Any, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {f"job-{group}": [f"{group}-{n}" for n in range(6)] for group in range(4)}
    for n in range(6):
        for group, bodies in sent.items():
            _send(aws, queue, bodies[n], group)
    let_two_meet(monkeypatch, Message, "mark_received")
    got: dict[str, list[str]] = defaultdict(list)
    lock = Lock()

    def work(_racer: int) -> None:
        for _ in range(20):
            for message in _receive(aws, queue, MaxNumberOfMessages=2, WaitTimeSeconds=0):
                with lock:
                    group = f"job-{message['Body'].partition('-')[0]}"
                    got[group].append(message["Body"])
                _delete(aws, queue, message)

    with ThreadPoolExecutor(RACERS) as pool:
        list(pool.map(work, range(RACERS)))
    assert got == sent


@fixed_by(sqs.one_action_at_a_time)
@pytest.mark.usefixtures("without")
def test_a_long_poll_for_a_blocked_group_waits_asleep(
    aws: Any, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _send(aws, queue, "first")
    _send(aws, queue, "second")
    (first,) = _receive(aws, queue, MaxNumberOfMessages=1)
    looks: list[Queue] = []
    messages = Queue.messages
    monkeypatch.setattr(
        Queue, "messages", property(lambda self: looks.append(self) or messages.fget(self))
    )
    assert _receive(aws, queue, WaitTimeSeconds=1) == []
    assert len(looks) < 50
    _delete(aws, queue, first)
    assert _bodies(_receive(aws, queue)) == ["second"]


def test_a_long_poll_ends_when_its_group_is_unblocked(aws: Any, queue: str) -> None:
    _send(aws, queue, "first")
    _send(aws, queue, "second")
    (first,) = _receive(aws, queue, MaxNumberOfMessages=1)
    got: list[str] = []
    polls = Event()

    def poll() -> None:
        polls.set()
        got.extend(_bodies(_receive(aws, queue, WaitTimeSeconds=20)))

    poller = Thread(target=poll)
    poller.start()
    polls.wait()
    _delete(aws, queue, first)
    poller.join(timeout=10)
    assert got == ["second"]


@fixed_by(sqs.remember_deduplication_ids)
@pytest.mark.usefixtures("without")
def test_a_duplicate_of_a_deleted_message_is_dropped(aws: Any, queue: str) -> None:
    _send(aws, queue, "nudge")
    (message,) = _receive(aws, queue)
    _delete(aws, queue, message)
    _send(aws, queue, "nudge")
    assert _receive(aws, queue) == []


def test_after_five_minutes_the_same_id_is_a_new_message(
    aws: Any, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _send(aws, queue, "nudge")
    monkeypatch.setattr(models, "unix_time_millis", lambda: unix_time_millis() + 299_000)
    _send(aws, queue, "nudge")
    assert _bodies(_receive(aws, queue)) == ["nudge"]
    monkeypatch.setattr(models, "unix_time_millis", lambda: unix_time_millis() + 300_001)
    _send(aws, queue, "nudge")
    monkeypatch.setattr(models, "unix_time_millis", lambda: unix_time_millis() + 400_000)
    assert _bodies(_receive(aws, queue)) == ["nudge", "nudge"]


@fixed_by(sqs.remember_deduplication_ids)
@pytest.mark.usefixtures("without")
def test_a_queue_of_high_throughput_compares_within_the_group(aws: Any, name: str) -> None:
    queue = _fifo(
        aws, name, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId"
    )
    _send(aws, queue, "nudge", "job-1")
    _send(aws, queue, "nudge", "job-2")
    _send(aws, queue, "nudge", "job-2")
    assert _bodies(_receive(aws, queue)) == ["nudge", "nudge"]


def test_other_queues_compare_across_groups(aws: Any, queue: str) -> None:
    _send(aws, queue, "nudge", "job-1")
    _send(aws, queue, "nudge", "job-2")
    assert _bodies(_receive(aws, queue)) == ["nudge"]


def test_a_message_that_fails_twice_as_often_as_allowed_goes_to_the_dead_letter_queue(
    aws: Any, name: str
) -> None:
    dead = _fifo(aws, f"{name}-dead")
    arn = aws.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = f'{{"deadLetterTargetArn": "{arn["QueueArn"]}", "maxReceiveCount": 1}}'
    queue = _fifo(aws, name, RedrivePolicy=policy)
    _send(aws, queue, "poison")
    (message,) = _receive(aws, queue)
    _show_again(aws, queue, message)
    assert _receive(aws, queue) == []
    assert _bodies(_receive(aws, dead)) == ["poison"]


def _show_again(aws: Any, queue: str, message: Any) -> None:
    aws.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    time.sleep(0.002)  # moto counts in milliseconds, and a message is visible after the last one


@fixed_by(sqs.refuse_expired_receipt_handles)
@pytest.mark.usefixtures("without")
def test_a_consumer_that_lost_its_message_can_not_delete_it(aws: Any, queue: str) -> None:
    _send(aws, queue, "nudge")
    (lost,) = _receive(aws, queue)
    _show_again(aws, queue, lost)
    (mine,) = _receive(aws, queue)
    with pytest.raises(ClientError, match="The receipt handle has expired"):
        _delete(aws, queue, lost)
    entries = [{"Id": "0", "ReceiptHandle": lost["ReceiptHandle"]}]
    told = aws.delete_message_batch(QueueUrl=queue, Entries=entries)
    assert [one["Id"] for one in told["Failed"]] == ["0"]
    _show_again(aws, queue, mine)
    assert _bodies(_receive(aws, queue)) == ["nudge"]


@fixed_by(sqs.refuse_expired_receipt_handles)
@pytest.mark.usefixtures("without")
def test_a_consumer_that_lost_its_message_can_not_hold_it_back(aws: Any, queue: str) -> None:
    _send(aws, queue, "nudge")
    (lost,) = _receive(aws, queue)
    _show_again(aws, queue, lost)
    _receive(aws, queue)
    with pytest.raises(ClientError, match="The receipt handle has expired"):
        _show_again(aws, queue, lost)


def test_deleting_twice_is_no_error(aws: Any, queue: str) -> None:
    _send(aws, queue, "nudge")
    (message,) = _receive(aws, queue)
    _delete(aws, queue, message)
    _delete(aws, queue, message)


@fixed_by(sqs.write_redrive_policies_without_spaces)
@pytest.mark.usefixtures("without")
def test_a_redrive_policy_reads_as_aws_writes_it(aws: Any, queue: str, name: str) -> None:
    _fifo(aws, f"{name}-dead")
    arn = f"arn:aws:sqs:us-east-1:123456789012:{name}-dead.fifo"
    policy = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":20}}'
    aws.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy})
    told = aws.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
    assert told["Attributes"]["RedrivePolicy"] == policy


@fixed_by(event_sources.leave_polling_to_the_host)
@pytest.mark.usefixtures("without")
def test_a_mapped_function_is_not_invoked_by_moto(
    aws: Any, client: Callable[..., Any], queue: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = models.sqs_backends["123456789012"]["us-east-1"]
    invoked = _map_a_function(backend.queues[f"{name}.fifo"], monkeypatch)
    _send(aws, queue, "nudge")
    assert invoked == []
    (message,) = _receive(aws, queue)
    assert message["Body"] == "nudge"


def _map_a_function(queue: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As CreateEventSourceMapping does it; what moto invokes is noted rather than run in Docker."""
    invoked: list[str] = []

    class Lambda:
        def send_sqs_batch(self, arn: str, *_: object) -> bool:
            invoked.append(arn)
            return True

    class Mapping:
        enabled = True
        batch_size = 10

    monkeypatch.setattr("moto.awslambda.utils.get_backend", lambda *_: Lambda())
    queue.lambda_event_source_mappings["arn:aws:lambda:us-east-1:1:function:f"] = Mapping()
    return invoked
