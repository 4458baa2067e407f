"""SQS: one action at a time, deduplication and receipt handles as FIFO queues have them."""

import json
import time
from collections.abc import Callable
from threading import RLock
from typing import Any

from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend

from local.aws.patches.replacement import around

DEDUPLICATION_MS = 5 * 60 * 1000
"""Source: Amazon SQS Developer Guide, "Exactly-once processing in Amazon SQS"."""
_POLL_SECONDS = 0.1
"""How often a long poll looks for what nobody announces: the end of a visibility timeout."""

_ACTIONS = (
    "send_message",
    "send_message_batch",
    "delete_message",
    "delete_message_batch",
    "change_message_visibility",
    "change_message_visibility_batch",
    "get_queue_attributes",
    "purge_queue",
)

_lock = RLock()


def one_action_at_a_time() -> None:
    """Receivers of a FIFO queue get no message twice and no group out of order.

    Plain moto's receivers see each other's half-done work. A long poll waits outside the lock,
    and asleep: plain moto burns a core while all visible messages are of blocked groups.
    """
    for action in _ACTIONS:
        around(SQSBackend, action, _alone)
    around(SQSBackend, "receive_message", _poll)


def _alone(
    original: Callable[..., Any], backend: SQSBackend, queue_name: str, *args: Any, **kwargs: Any
) -> Any:
    with _lock:
        answer = original(backend, queue_name, *args, **kwargs)
        queue = backend.queues.get(queue_name)
    if queue is not None:
        # A delete or a change of visibility may have unblocked a group: wake the long polls.
        with queue._messages_lock:  # noqa: SLF001 - moto has no other door to it
            queue._messages_lock.notify_all()  # noqa: SLF001
    return answer


def _poll(
    original: Callable[..., list[Message]],
    backend: SQSBackend,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    *args: Any,
    **kwargs: Any,
) -> list[Message]:
    end = time.monotonic() + wait_seconds_timeout
    while True:
        with _lock:
            messages = original(backend, queue_name, count, 0, *args, **kwargs)
        left = end - time.monotonic()
        if messages or left <= 0:
            return messages
        wakes = backend.get_queue(queue_name)._messages_lock  # noqa: SLF001 - as above
        with wakes:
            wakes.wait(min(left, _POLL_SECONDS))


def remember_deduplication_ids() -> None:
    """An id is a duplicate for 5 minutes, also after its message was deleted.

    Plain moto looks at the messages that are still in the queue, whatever their group; a queue
    of high throughput compares within the message group alone. A message that is moved to a
    dead-letter queue was received before and is never dropped.
    """
    around(Queue, "add_message", _add)


def _add(original: Callable[..., None], queue: Queue, message: Message) -> None:
    sent: float = vars(message)["sent_timestamp"]
    seen: dict[tuple[str | None, str], float] = vars(queue).setdefault("_deduplication_ids", {})
    for key in [key for key, at in seen.items() if sent - at >= DEDUPLICATION_MS]:
        del seen[key]
    is_sent = message.approximate_receive_count == 0
    if queue.fifo_queue and is_sent and message.deduplication_id:
        per_group = vars(queue)["deduplication_scope"] == "messageGroup"
        key = (message.group_id if per_group else None, message.deduplication_id)
        if key in seen:
            return
        seen[key] = sent
    _add_unseen(original, queue, message)


def _add_unseen(original: Callable[..., None], queue: Queue, message: Message) -> None:
    """Past moto's own comparison, which knows neither groups nor deleted messages."""
    deduplication_id, message.deduplication_id = message.deduplication_id, None
    try:
        original(queue, message)
    finally:
        message.deduplication_id = deduplication_id


def refuse_expired_receipt_handles() -> None:
    """A consumer that lost its message can neither delete it nor hold it back.

    A FIFO queue refuses the handle; a standard queue accepts the delete without effect. Plain
    moto takes any handle that the message ever had. Source: Amazon SQS API Reference,
    DeleteMessage.
    """
    around(Queue, "delete_message", _delete)
    around(SQSBackend, "change_message_visibility", _change_visibility)


class _Expired(ReceiptHandleIsInvalid):
    def __init__(self, handle: str) -> None:
        super().__init__()
        self.code = "InvalidParameterValue"
        self.message = (
            f"Value {handle} for parameter ReceiptHandle is invalid. "
            "Reason: The receipt handle has expired."
        )


def _delete(original: Callable[..., None], queue: Queue, receipt_handle: str) -> None:
    message = _holder(queue, receipt_handle)
    if message is None or _holds(message, receipt_handle):
        original(queue, receipt_handle)
    elif queue.fifo_queue:
        raise _Expired(receipt_handle)
    elif message.receipt_handle == receipt_handle:
        # Nobody received it since: a standard queue still deletes it.
        original(queue, receipt_handle)


def _change_visibility(
    original: Callable[..., None],
    backend: SQSBackend,
    queue_name: str,
    receipt_handle: str,
    visibility_timeout: int,
) -> None:
    message = _holder(backend.get_queue(queue_name), receipt_handle)
    if message is not None and not _holds(message, receipt_handle):
        raise _Expired(receipt_handle)
    original(backend, queue_name, receipt_handle, visibility_timeout)


def _holder(queue: Queue, receipt_handle: str) -> Message | None:
    messages = queue._messages  # noqa: SLF001 - moto has no other door to it
    return next((one for one in messages if one.had_receipt_handle(receipt_handle)), None)


def _holds(message: Message, receipt_handle: str) -> bool:
    return message.receipt_handle == receipt_handle and not message.visible


def write_redrive_policies_without_spaces() -> None:
    """A redrive policy reads as AWS writes it: Terraform takes plain moto's spaces for a change."""
    around(SQSBackend, "get_queue_attributes", _compact)


def _compact(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    attributes = original(*args, **kwargs)
    if attributes.get("RedrivePolicy"):
        policy = json.loads(attributes["RedrivePolicy"])
        attributes["RedrivePolicy"] = json.dumps(policy, separators=(",", ":"))
    return attributes
