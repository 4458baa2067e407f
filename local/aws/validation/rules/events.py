"""Rules for EventBridge: entries of PutEvents.

Source: Amazon EventBridge API Reference and User Guide.
"""

import json
from collections.abc import Iterable

from local.aws.validation.problems import shown
from local.aws.validation.rules.rule import Known, Params, Rule

_MOST_BYTES = 1_048_576
_MOST_TYPE = 128
_TIME_BYTES = 14
_REQUIRED = ("Source", "DetailType", "Detail")


def _complete(params: Params, _known: Known) -> Iterable[str]:
    for number, entry in enumerate(params["Entries"]):
        for name in _REQUIRED:
            if not entry.get(name):
                yield f"Entries[{number}].{name}: is missing; it is required"


def _details(params: Params, _known: Known) -> Iterable[str]:
    for number, entry in enumerate(params["Entries"]):
        try:
            is_object = isinstance(json.loads(entry.get("Detail", "{}")), dict)
        except ValueError:
            is_object = False
        if not is_object:
            yield f"Entries[{number}].Detail: is {shown(entry['Detail'])}; allowed: a JSON object"


def _types(params: Params, _known: Known) -> Iterable[str]:
    for number, entry in enumerate(params["Entries"]):
        size = len(entry.get("DetailType", ""))
        if size > _MOST_TYPE:
            text = f"has {size} characters; allowed: at most {_MOST_TYPE}"
            yield f"Entries[{number}].DetailType: {text}"


def _sources(params: Params, _known: Known) -> Iterable[str]:
    for number, entry in enumerate(params["Entries"]):
        source = entry.get("Source", "")
        if source.startswith("aws."):
            yield f"Entries[{number}].Source: is {shown(source)}; allowed: no prefix aws."


def _sizes(params: Params, _known: Known) -> Iterable[str]:
    total = 0
    for entry in params["Entries"]:
        total += _TIME_BYTES * ("Time" in entry)
        texts = [entry.get(name, "") for name in _REQUIRED] + list(entry.get("Resources", ()))
        total += sum(len(text.encode()) for text in texts)
    if total >= _MOST_BYTES:
        yield f"Entries: have {total} bytes together; allowed: less than {_MOST_BYTES}"


_PUT = ("events.PutEvents",)
_API = "Amazon EventBridge API Reference"

RULES = (
    Rule(
        name="events complete entries",
        operations=_PUT,
        check=_complete,
        source=f"{_API}, PutEventsRequestEntry, note on Detail, DetailType and Source",
    ),
    Rule(
        name="events detail is an object",
        operations=_PUT,
        check=_details,
        source=f"{_API}, PutEventsRequestEntry, Detail",
    ),
    Rule(
        name="events detail type",
        operations=_PUT,
        check=_types,
        source=f"{_API}, PutEventsRequestEntry, DetailType",
    ),
    Rule(
        name="events source",
        operations=_PUT,
        check=_sources,
        source='Amazon EventBridge User Guide, "AWS service event metadata reference", source: any '
        'value that does not begin with "aws."',
    ),
    Rule(
        name="events size of entries",
        operations=_PUT,
        check=_sizes,
        source=f"{_API}, PutEvents (less than 1 MB); User Guide, "
        '"Calculating PutEvents event entry size"',
    ),
)
