"""Rules for SQS: queue names and attributes. Source: Amazon SQS API Reference, CreateQueue."""

import json
import re
from collections.abc import Iterable

from local.aws.validation.problems import shown
from local.aws.validation.rules.rule import Known, Params, Rule

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_RECEIVES = (1, 1_000)
_FIFO_ONLY = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_WRITES = ("sqs.CreateQueue", "sqs.SetQueueAttributes")


def _attributes(params: Params) -> dict[str, str]:
    # Terraform's SDK sends a removed attribute as an empty string.
    return {name: text for name, text in (params.get("Attributes") or {}).items() if text}


def _names(params: Params, _known: Known) -> Iterable[str]:
    name, is_fifo = params["QueueName"], _attributes(params).get("FifoQueue") == "true"
    if not _NAME.fullmatch(name):
        allowed = "1 to 80 letters, digits, hyphens and underscores, with .fifo for FIFO queues"
        yield f"QueueName: is {shown(name)}; allowed: {allowed}"
    if is_fifo != name.endswith(".fifo"):
        kind = "a FIFO queue" if is_fifo else "a standard queue"
        ending = "a name that ends in .fifo" if is_fifo else "a name without .fifo"
        yield f"QueueName: is {shown(name)} of {kind}; allowed: {ending}"


def _ranges(params: Params, _known: Known) -> Iterable[str]:
    attributes = _attributes(params)
    for name, (least, most) in _RANGES.items():
        text = attributes.get(name)
        if text is not None and not (text.isdigit() and least <= int(text) <= most):
            yield f"Attributes.{name}: is {shown(text)}; allowed: {least} to {most}"


def _fifo_attributes(params: Params, _known: Known) -> Iterable[str]:
    attributes = _attributes(params)
    is_fifo = f"{params.get('QueueName', '')}{params.get('QueueUrl', '')}".endswith(".fifo")
    if attributes.get("FifoQueue") == "false":
        yield "Attributes.FifoQueue: is 'false'; allowed: 'true', or to leave it out"
    if not is_fifo:
        for name in sorted(attributes.keys() & set(_FIFO_ONLY)):
            yield f"Attributes.{name}: is given; allowed: on FIFO queues only"
    if (
        attributes.get("FifoThroughputLimit") == "perMessageGroupId"
        and attributes.get("DeduplicationScope", "messageGroup") != "messageGroup"
    ):
        text = "perMessageGroupId is allowed only with the deduplication scope messageGroup"
        yield f"Attributes.FifoThroughputLimit: {text}"


def _redrive(params: Params, _known: Known) -> Iterable[str]:
    text = _attributes(params).get("RedrivePolicy")
    if text is None:
        return
    try:
        policy = json.loads(text)
        target, receives = policy["deadLetterTargetArn"], int(policy["maxReceiveCount"])
    except (ValueError, KeyError, TypeError):
        allowed = "JSON with deadLetterTargetArn and maxReceiveCount"
        yield f"Attributes.RedrivePolicy: is {shown(text)}; allowed: {allowed}"
        return
    least, most = _RECEIVES
    if not least <= receives <= most:
        yield (
            f"Attributes.RedrivePolicy.maxReceiveCount: is {receives}; allowed: {least} to {most}"
        )
    source = f"{params.get('QueueName', '')}{params.get('QueueUrl', '')}"
    if target.endswith(".fifo") != source.endswith(".fifo"):
        allowed = "a queue of the same type: FIFO for FIFO, standard for standard"
        path = "Attributes.RedrivePolicy.deadLetterTargetArn"
        yield f"{path}: is {shown(target)}; allowed: {allowed}"


_SOURCE = "Amazon SQS API Reference, CreateQueue"

RULES = (
    Rule(
        name="sqs queue name",
        operations=("sqs.CreateQueue",),
        check=_names,
        source=f"{_SOURCE}, QueueName",
        code="InvalidParameterValue",
    ),
    Rule(
        name="sqs attribute ranges",
        operations=_WRITES,
        check=_ranges,
        source=f"{_SOURCE}, Attributes",
        code="InvalidAttributeValue",
    ),
    Rule(
        name="sqs FIFO attributes",
        operations=_WRITES,
        check=_fifo_attributes,
        source=f"{_SOURCE}, Attributes, FifoQueue, DeduplicationScope and FifoThroughputLimit",
        code="InvalidAttributeName",
    ),
    Rule(
        name="sqs redrive policy",
        operations=_WRITES,
        check=_redrive,
        source=f"{_SOURCE}, Attributes, RedrivePolicy; Developer Guide, "
        '"Using dead-letter queues in Amazon SQS" (1 to 1,000 receives)',
        code="InvalidParameterValue",
    ),
)
