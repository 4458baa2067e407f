"""Patches for SQS: atomic actions, deduplication ids, expired receipt handles, redrive policies."""

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
"""Interval at which a long poll checks for expired visibility timeouts, which wake no waiter."""

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
    """Serialize all actions on a queue, so that FIFO queues deliver once and in order.

    Concurrent receivers in plain moto see each other's partial changes. A long poll sleeps
    outside the lock. In plain moto it uses a full CPU core while all visible messages belong to
    blocked groups.
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
        # A delete or a visibility change can unblock a group, so wake the long polls.
        with queue._messages_lock:  # noqa: SLF001 - moto has no public API
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
    """Treat an id as a duplicate for 5 minutes, even if its message was deleted.

    Plain moto compares with the messages in the queue, regardless of their group. A
    high-throughput queue compares within the message group only. A message that moves to a
    dead-letter queue is never dropped as a duplicate.
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
    """Add the message without moto's comparison, which ignores groups and deleted messages."""
    deduplication_id, message.deduplication_id = message.deduplication_id, None
    try:
        original(queue, message)
    finally:
        message.deduplication_id = deduplication_id


def refuse_expired_receipt_handles() -> None:
    """Reject the receipt handle of a message whose visibility timeout has expired.

    A FIFO queue rejects the handle; a standard queue accepts DeleteMessage without effect. Plain
    moto accepts every handle that the message ever had. Source: Amazon SQS API Reference,
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
        # No consumer has received it since, so a standard queue still deletes it.
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
    messages = queue._messages  # noqa: SLF001 - moto has no public API
    return next((one for one in messages if one.had_receipt_handle(receipt_handle)), None)


def _holds(message: Message, receipt_handle: str) -> bool:
    return message.receipt_handle == receipt_handle and not message.visible


def write_redrive_policies_without_spaces() -> None:
    """Return redrive policies without spaces, as AWS does. Terraform reports moto's as drift."""
    around(SQSBackend, "get_queue_attributes", _compact)


def _compact(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    attributes = original(*args, **kwargs)
    if attributes.get("RedrivePolicy"):
        policy = json.loads(attributes["RedrivePolicy"])
        attributes["RedrivePolicy"] = json.dumps(policy, separators=(",", ":"))
    return attributes
