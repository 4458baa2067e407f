"""Violations of the rules of SQS: by rule, operations and their parameters. No test is here."""

from tests.judges.requests_support import (
    PLAIN_URL,
    QUEUE,
    URL,
    Params,
    entry,
    redrive,
    sent,
)

_KIB = 1024


def of_sqs() -> dict[str, list[tuple[str, Params]]]:
    """See the module."""
    fifo = {"QueueName": QUEUE, "Attributes": {"FifoQueue": "true"}}
    dead = "arn:aws:sqs:us-east-1:123456789012:dead"
    received = {"QueueUrl": URL, "ReceiptHandle": "handle"}
    return {
        "sqs MessageDeduplicationId is of SQS's alphabet": [
            ("SendMessage", sent(MessageDeduplicationId="fleet-7-1/told/Runner Failed")),
            ("SendMessage", sent(MessageDeduplicationId="x" * 129)),
            ("SendMessage", sent(MessageDeduplicationId="ä")),
            (
                "SendMessageBatch",
                {"QueueUrl": URL, "Entries": [entry("1", MessageDeduplicationId=" ")]},
            ),
        ],
        "sqs MessageGroupId is of SQS's alphabet": [
            ("SendMessage", sent(MessageGroupId="job 7")),
            ("SendMessage", sent(MessageGroupId="x" * 129)),
        ],
        "sqs ReceiveRequestAttemptId is of SQS's alphabet": [
            ("ReceiveMessage", {"QueueUrl": URL, "ReceiveRequestAttemptId": "a b"}),
        ],
        "sqs batch entry ids": [
            ("SendMessageBatch", {"QueueUrl": URL, "Entries": [entry("a/b")]}),
            ("SendMessageBatch", {"QueueUrl": URL, "Entries": [entry("a"), entry("a")]}),
            (
                "DeleteMessageBatch",
                {"QueueUrl": URL, "Entries": [{"Id": "x" * 81, "ReceiptHandle": "h"}]},
            ),
            (
                "ChangeMessageVisibilityBatch",
                {
                    "QueueUrl": URL,
                    "Entries": [{"Id": "", "ReceiptHandle": "h", "VisibilityTimeout": 0}],
                },
            ),
        ],
        "sqs batch size": [
            ("SendMessageBatch", {"QueueUrl": URL, "Entries": []}),
            ("SendMessageBatch", {"QueueUrl": URL, "Entries": [entry(str(n)) for n in range(11)]}),
        ],
        "sqs FIFO messages": [
            ("SendMessage", {"QueueUrl": URL, "MessageBody": "x", "MessageDeduplicationId": "1"}),
            ("SendMessage", {"QueueUrl": URL, "MessageBody": "x", "MessageGroupId": "1"}),
            ("SendMessage", sent(DelaySeconds=1)),
            ("SendMessage", sent(QueueUrl=PLAIN_URL)),
        ],
        "sqs delay": [
            ("SendMessage", {"QueueUrl": PLAIN_URL, "MessageBody": "x", "DelaySeconds": 901})
        ],
        "sqs message body": [
            ("SendMessage", sent(MessageBody="")),
            ("SendMessage", sent(MessageBody="a\u0000b")),
            ("SendMessage", sent(MessageBody="\uffff")),
            ("SendMessage", sent(MessageBody="x" * (_KIB * _KIB + 1))),
            (
                "SendMessageBatch",
                {
                    "QueueUrl": URL,
                    "Entries": [entry(n, MessageBody="x" * 600 * _KIB) for n in "12"],
                },
            ),
        ],
        "sqs visibility timeout": [
            ("ChangeMessageVisibility", {**received, "VisibilityTimeout": 43_201}),
            ("ChangeMessageVisibility", {**received, "VisibilityTimeout": -1}),
            ("ReceiveMessage", {"QueueUrl": URL, "VisibilityTimeout": 43_201}),
        ],
        "sqs receive": [
            ("ReceiveMessage", {"QueueUrl": URL, "MaxNumberOfMessages": 11}),
            ("ReceiveMessage", {"QueueUrl": URL, "WaitTimeSeconds": 21}),
        ],
        "sqs queue name": [
            ("CreateQueue", {"QueueName": "a b"}),
            ("CreateQueue", {"QueueName": "x" * 81}),
            ("CreateQueue", {"QueueName": "no-ending", "Attributes": {"FifoQueue": "true"}}),
            ("CreateQueue", {"QueueName": "plain.fifo"}),
        ],
        "sqs attribute ranges": [
            ("CreateQueue", {"QueueName": "a", "Attributes": {"VisibilityTimeout": "43201"}}),
            (
                "SetQueueAttributes",
                {"QueueUrl": URL, "Attributes": {"MessageRetentionPeriod": "59"}},
            ),
        ],
        "sqs FIFO attributes": [
            (
                "CreateQueue",
                {"QueueName": "a", "Attributes": {"ContentBasedDeduplication": "true"}},
            ),
            ("CreateQueue", {"QueueName": "a", "Attributes": {"FifoQueue": "false"}}),
            (
                "CreateQueue",
                {
                    **fifo,
                    "Attributes": {
                        "FifoQueue": "true",
                        "DeduplicationScope": "queue",
                        "FifoThroughputLimit": "perMessageGroupId",
                    },
                },
            ),
        ],
        "sqs redrive policy": [
            ("CreateQueue", {"QueueName": QUEUE, "Attributes": redrive(dead, 20)}),
            ("CreateQueue", {"QueueName": QUEUE, "Attributes": redrive(f"{dead}.fifo", 1_001)}),
            ("SetQueueAttributes", {"QueueUrl": URL, "Attributes": {"RedrivePolicy": "{}"}}),
        ],
    }
