"""Renders events as they are stored. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from rich.text import Text

from cli.history.stored_events import StoredEvent
from cli.render.layout import GAP, flow, pad
from cli.render.text import NOTHING, safe, when

_NAMES = len("recorded")


def lines(events: Sequence[StoredEvent], width: int) -> Iterator[Text]:
    """Yield the lines of each event: its number and type, and below it its fields.

    Long data is wrapped between its words; the document of --json has it unchanged.
    """
    for event in events:
        yield Text.assemble((f"#{event.seq}", "dim"), "  ", (safe(event.type), "bold"))
        for name, value in _fields(event):
            first, *others = flow(safe(value), width, GAP + _NAMES + GAP)
            line = Text.assemble((f"{' ' * GAP}{pad(name, _NAMES + GAP)}", "dim"), first)
            line.rstrip()
            yield line
            yield from map(Text, others)


def _fields(event: StoredEvent) -> Iterator[tuple[str, str]]:
    yield "id", event.event_id
    yield "cause", event.cause or NOTHING
    yield "actor", event.actor
    yield "at", _time(event.at)
    yield "recorded", _time(event.recorded_at)
    yield "data", msgspec.json.format(msgspec.json.encode(event.data), indent=0).decode()


def _time(at: datetime) -> str:
    return f"{when(at)}.{at.microsecond:06} UTC"
