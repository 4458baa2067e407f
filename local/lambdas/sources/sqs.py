"""An event source mapping of an SQS queue: polls, invokes a function, deletes processed messages.

The queue itself keeps the order of message groups, blocks a group with messages in flight, applies
visibility timeouts and moves messages to the dead-letter queue.
"""

import base64
import logging
from threading import Event
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.background import Background
from local.lambdas.function import REGION, Invoker, Result
from local.lambdas.host import HostNotRunningError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_BATCH = 10
"""Maximum batch size of a FIFO queue. Source: AWS Lambda Developer Guide, "Using Lambda with Amazon
SQS"."""

_PAUSE_SECONDS = 0.2

logger = logging.getLogger(__name__)


class EventSourceMapping:
    """Invokes a function with the messages of one queue, with partial batch responses.

    Args:
        host: Invokes the function.
        function: Name of the function.
        sqs: The client of all pollers.
        queue_url: URL of the queue.
        batch_size: Maximum number of messages per invocation, 1 to 10.
        pollers: Maximum number of concurrent invocations.
        wait_seconds: Duration of a long poll, and so the time that `stop` waits for idle pollers.
    """

    def __init__(
        self,
        host: Invoker,
        function: str,
        sqs: "SQSClient",
        queue_url: str,
        *,
        batch_size: int = MAX_BATCH,
        pollers: int = 2,
        wait_seconds: int = 1,
    ) -> None:
        if not 1 <= batch_size <= MAX_BATCH:
            raise ValueError(f"batch size {batch_size} for {function}: 1 to {MAX_BATCH} is allowed")
        self._host = host
        self._function = function
        self._sqs = sqs
        self._queue_url = queue_url
        self._batch_size = batch_size
        self._wait_seconds = wait_seconds
        self._queue_arn = ""
        self._background = Background(f"{function}-poller", self._poll, pollers)

    def start(self) -> None:
        """Start to poll."""
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=["QueueArn"]
        )
        self._queue_arn = attributes["Attributes"]["QueueArn"]
        self._background.start()

    def stop(self) -> None:
        """Stop polling, and wait for the current invocations."""
        self._background.stop()

    def _poll(self, stopping: Event) -> None:
        while not stopping.is_set():
            try:
                messages = self._receive()
                if messages:
                    self._consume(messages)
            except HostNotRunningError:  # the host stopped before this event source
                stopping.wait(_PAUSE_SECONDS)
            except (BotoCoreError, ClientError, LookupError, RuntimeError, ValueError) as error:
                if not stopping.is_set():
                    logger.warning("%s: polling continues after %s", self._function, error)
                stopping.wait(_PAUSE_SECONDS)

    def _receive(self) -> list["MessageTypeDef"]:
        received = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=self._batch_size,
            WaitTimeSeconds=self._wait_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return received.get("Messages", [])

    def _consume(self, messages: list["MessageTypeDef"]) -> None:
        records = [record(message, self._queue_arn) for message in messages]
        result = self._host.invoke(self._function, {"Records": records})
        failures = failed(result, [one["messageId"] for one in records])
        self._delete([one for one in messages if one["MessageId"] not in failures])

    def _delete(self, messages: list["MessageTypeDef"]) -> None:
        if not messages:
            return
        deleted = self._sqs.delete_message_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(messages)
            ],
        )
        for one in deleted.get("Failed", []):
            logger.warning("%s: a message was not deleted: %s", self._function, one)


def record(message: "MessageTypeDef", queue_arn: str) -> dict[str, Any]:
    """Return a message as a record of the event.

    Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", its example of a FIFO event.
    """
    entry: dict[str, Any] = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _attribute(dict(value))
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
    if "MD5OfMessageAttributes" in message:
        entry["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return entry


def failed(result: Result, ids: list[str]) -> set[str]:
    """Return the ids of the messages that stay in the queue.

    An empty response or an empty list means that all succeeded; a malformed response means that
    all failed. Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in
    Lambda", success and failure conditions.
    """
    everything = set(ids)
    if result.error is not None:
        return everything
    if not isinstance(result.payload, dict | None):
        return everything
    failures = (result.payload or {}).get("batchItemFailures") or []
    if not isinstance(failures, list):
        return everything
    named = [one.get("itemIdentifier") if isinstance(one, dict) else None for one in failures]
    return everything if any(name not in ids for name in named) else set(map(str, named))


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    attribute = {"dataType": value["DataType"], "stringListValues": [], "binaryListValues": []}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
