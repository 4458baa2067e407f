"""Renders the failures of `replay check`, and its summary."""

from collections.abc import Iterator

from rich.text import Text

from cli.render.layout import paragraph
from cli.render.text import safe
from cli.replay.check import Checked, Failure


def failing(path: str, failure: Failure, width: int) -> Iterator[Text]:
    """Yield the lines for one stream: file, stream and event, what is wrong, both meanings."""
    event = f" event {failure.seq}" if failure.seq else ""
    yield Text(safe(f"{path}: {failure.stream}{event}"), style="bold")
    yield Text(paragraph(safe(failure.problem), width, 2), style="red")
    if failure.expected or failure.today:
        yield Text(paragraph(safe(f"expected: {failure.expected}"), width, 2))
        yield Text(paragraph(safe(f"today: {failure.today}"), width, 2))


def summary(checked: Checked) -> str:
    """Return the number of streams and events, and of the streams that do not hold."""
    failed = checked.failures
    held = f"{failed} {'does' if failed == 1 else 'do'} not hold" if failed else "all hold"
    streams = "stream" if checked.streams == 1 else "streams"
    events = "event" if checked.events == 1 else "events"
    return f"{checked.streams} {streams} with {checked.events} {events} checked, {held}"


def unknown_types(checked: Checked) -> str:
    """Return a note on events of unknown types; empty if there are none."""
    if not checked.unknown:
        return ""
    named = ", ".join(f"{name} ({count})" for name, count in sorted(checked.unknown.items()))
    return f"This version ignores events of types that it does not have: {named}"
