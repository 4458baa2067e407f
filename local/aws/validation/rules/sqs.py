"""Rules for SQS: messages, batches, receives, visibility. `sqs_queues` covers queue attributes.

Sources: Amazon SQS API Reference (SendMessage, SendMessageBatch, ReceiveMessage,
ChangeMessageVisibility), as botocore's model of SQS quotes it; Developer Guide, "Message quotas".
"""

import re
from collections.abc import Iterable, Iterator

from local.aws.validation.problems import shown
from local.aws.validation.rules.rule import NOTHING, Kept, Known, Params, QueueKind, Rule

MOST_BYTES = 1_048_576
MOST_IN_BATCH = 10
MOST_VISIBILITY = 43_200
_MOST_DELAY = 900
_MOST_WAIT = 20

_ID = re.compile(r"[a-zA-Z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_SENDS = ("sqs.SendMessage", "sqs.SendMessageBatch")
_BATCHES = (
    "sqs.SendMessageBatch",
    "sqs.DeleteMessageBatch",
    "sqs.ChangeMessageVisibilityBatch",
)
_HIDES = (
    "sqs.ChangeMessageVisibility",
    "sqs.ChangeMessageVisibilityBatch",
    "sqs.ReceiveMessage",
)
_ALPHABET = "1 to 128 letters, digits and punctuation of ASCII, no space"


def entries(params: Params) -> Iterator[tuple[str, Params]]:
    """Yield the entries of a batch with their paths, or the single message of a request."""
    if "Entries" not in params:
        yield "", params
    for number, entry in enumerate(params.get("Entries", ())):
        yield f"Entries[{number}].", entry


def _kind(params: Params, known: Known) -> QueueKind:
    url = params["QueueUrl"]
    return known.queue(url) or NOTHING.queue(url) or QueueKind(fifo=False)


def _ids(name: str) -> Rule:
    def check(params: Params, _known: Known) -> Iterable[str]:
        for path, entry in entries(params):
            value = entry.get(name)
            if value is not None and not _ID.fullmatch(value):
                yield f"{path}{name}: is {shown(value)}; allowed: {_ALPHABET}"

    operations = _SENDS if name != "ReceiveRequestAttemptId" else ("sqs.ReceiveMessage",)
    return Rule(
        name=f"sqs {name} is of SQS's alphabet",
        operations=operations,
        check=check,
        source=f"Amazon SQS API Reference, {operations[0].partition('.')[2]}, {name}",
        code="InvalidParameterValue",
    )


def _entry_ids(params: Params, _known: Known) -> Iterable[str]:
    seen = set()
    for path, entry in entries(params):
        if not _ENTRY_ID.fullmatch(entry["Id"]):
            allowed = "1 to 80 letters, digits, hyphens and underscores"
            yield f"{path}Id: is {shown(entry['Id'])}; allowed: {allowed}"
        if entry["Id"] in seen:
            yield f"{path}Id: is {shown(entry['Id'])} again; allowed: each id once in a batch"
        seen.add(entry["Id"])


def _batch_size(params: Params, _known: Known) -> Iterable[str]:
    count = len(params["Entries"])
    if not 1 <= count <= MOST_IN_BATCH:
        yield f"Entries: has {count} entries; allowed: 1 to {MOST_IN_BATCH}"


def _fifo(params: Params, known: Known) -> Iterable[str]:
    kind = _kind(params, known)
    for path, entry in entries(params):
        if kind.fifo and "MessageGroupId" not in entry:
            yield f"{path}MessageGroupId: is missing; a FIFO queue requires it"
        if kind.fifo and not kind.content_based and "MessageDeduplicationId" not in entry:
            text = "a FIFO queue without content-based deduplication requires it"
            yield f"{path}MessageDeduplicationId: is missing; {text}"
        if kind.fifo and entry.get("DelaySeconds"):
            text = "a FIFO queue has no delay of single messages; allowed: the queue's own"
            yield f"{path}DelaySeconds: is {entry['DelaySeconds']}; {text}"
        if not kind.fifo and "MessageDeduplicationId" in entry:
            yield f"{path}MessageDeduplicationId: is given; allowed: on FIFO queues only"


def _delays(params: Params, _known: Known) -> Iterable[str]:
    for path, entry in entries(params):
        if not 0 <= entry.get("DelaySeconds", 0) <= _MOST_DELAY:
            yield f"{path}DelaySeconds: is {entry['DelaySeconds']}; allowed: 0 to {_MOST_DELAY}"


def _bodies(params: Params, _known: Known) -> Iterable[str]:
    total = 0
    for path, entry in entries(params):
        body = entry["MessageBody"]
        size = len(body.encode(errors="surrogatepass"))
        total += size
        if not 1 <= size <= MOST_BYTES:
            yield f"{path}MessageBody: has {size} bytes; allowed: 1 to {MOST_BYTES}"
        if wrong := _FORBIDDEN.search(body):
            allowed = "#x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD, #x10000 to #x10FFFF"
            yield f"{path}MessageBody: has the character {wrong[0]!a}; allowed: {allowed}"
    if "Entries" in params and total > MOST_BYTES:
        yield f"Entries: have {total} bytes together; allowed: at most {MOST_BYTES}"


def _visibility(params: Params, _known: Known) -> Iterable[str]:
    for path, entry in entries(params):
        seconds = entry.get("VisibilityTimeout", 0)
        if not 0 <= seconds <= MOST_VISIBILITY:
            yield f"{path}VisibilityTimeout: is {seconds}; allowed: 0 to {MOST_VISIBILITY}"


def _receives(params: Params, _known: Known) -> Iterable[str]:
    most, wait = params.get("MaxNumberOfMessages", 1), params.get("WaitTimeSeconds", 0)
    if not 1 <= most <= MOST_IN_BATCH:
        yield f"MaxNumberOfMessages: is {most}; allowed: 1 to {MOST_IN_BATCH}"
    if not 0 <= wait <= _MOST_WAIT:
        yield f"WaitTimeSeconds: is {wait}; allowed: 0 to {_MOST_WAIT}"


_API = "Amazon SQS API Reference"

RULES = (
    _ids("MessageDeduplicationId"),
    _ids("MessageGroupId"),
    _ids("ReceiveRequestAttemptId"),
    Rule(
        name="sqs batch entry ids",
        operations=_BATCHES,
        check=_entry_ids,
        source=f"{_API}, SendMessageBatchRequestEntry, Id",
        code="AWS.SimpleQueueService.InvalidBatchEntryId",
    ),
    Rule(
        name="sqs batch size",
        operations=_BATCHES,
        check=_batch_size,
        source=f"{_API}, SendMessageBatch, TooManyEntriesInBatchRequest and EmptyBatchRequest",
        code="AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    ),
    Rule(
        name="sqs FIFO messages",
        operations=_SENDS,
        check=_fifo,
        source=f"{_API}, SendMessage, MessageGroupId, MessageDeduplicationId and DelaySeconds",
        code="InvalidParameterValue",
    ),
    Rule(
        name="sqs delay",
        operations=_SENDS,
        check=_delays,
        source=f"{_API}, SendMessage, DelaySeconds",
        code="InvalidParameterValue",
    ),
    Rule(
        name="sqs message body",
        operations=_SENDS,
        check=_bodies,
        source=f"{_API}, SendMessage, MessageBody; SendMessageBatch (1 MiB in all)",
        code="InvalidMessageContents",
    ),
    Rule(
        name="sqs visibility timeout",
        operations=_HIDES,
        check=_visibility,
        source=f"{_API}, ChangeMessageVisibility, VisibilityTimeout",
        code="InvalidParameterValue",
    ),
    Rule(
        name="sqs receive",
        operations=("sqs.ReceiveMessage",),
        check=_receives,
        source=f"{_API}, ReceiveMessage, MaxNumberOfMessages; Developer Guide, "
        '"Amazon SQS short and long polling" (20 seconds at most)',
        code="InvalidParameterValue",
    ),
)

KEPT = (
    Kept(
        name="sqs total visibility",
        operations=("sqs.ChangeMessageVisibility",),
        source='Amazon SQS Developer Guide, "Amazon SQS visibility timeout": 12 hours at most from '
        "the time when the message is received",
        code="InvalidParameterValue",
    ),
)
