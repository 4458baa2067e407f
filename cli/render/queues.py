"""Renders queues, dead letters and failed events as paragraphs. Pure."""

from collections.abc import Iterator
from datetime import datetime
from shlex import quote
from typing import Any

from cli.backlog import Backlog, Letter, Queue
from cli.render.layout import paragraph
from cli.render.text import safe, span, when
from shared.domain.stream import StreamId
from shared.ports import FailedEvent


def lines(backlog: Backlog, width: int) -> Iterator[str]:
    """Yield the lines of that width for each queue, and below it for its failed messages."""
    for indent, text in _paragraphs(backlog):
        yield paragraph(safe(text), width, indent)


def _paragraphs(backlog: Backlog) -> Iterator[tuple[int, str]]:
    """Yield each paragraph with its indentation in columns."""
    for queue in backlog.queues:
        if queue.holds == "nudges":
            yield 0, f"{queue.consumer}: {_live(queue)}"
            continue
        if queue.holds == "dead letters":
            mine = [one for one in backlog.dead_letters if one.consumer == queue.consumer]
            shown = [_letter(one) for one in mine]
        else:
            shown = [_failed(one) for one in backlog.failed_events]
        yield 0, f"{queue.holds} of {queue.consumer}: {_lost(queue)}"
        yield from ((2, one) for one in shown)
        if shown and queue.total > len(shown):
            yield 2, f"and {queue.total - len(shown)} more; --limit shows more"


def advice(backlog: Backlog) -> Iterator[str | tuple[str, ...]]:
    """Yield what to do about failed messages: text, or the lines of a command."""
    if backlog.dead_letters:
        yield "`ecsrunner queues redrive` moves dead letters back; first fix what made them fail."
    function = next((one.function for one in backlog.failed_events if one.function), None)
    if function:
        yield "A failed event is delivered again, which does no harm even twice, by:"
        yield (
            "  ecsrunner queues --json | jq -c '.failed_events[0].payload' > event.json",
            f"  aws lambda invoke --function-name {quote(function)} \\",
            "    --invocation-type Event --cli-binary-format raw-in-base64-out \\",
            "    --payload file://event.json /dev/stdout",
        )
        yield "Its record stays for 14 days, or until all of them are deleted by:"
        yield ('  aws sqs purge-queue --queue-url "$FAILED_EVENTS_URL"',)


def subject(stream: str) -> str:
    """Return the subject of a nudge: a job, an image or another stream."""
    named = StreamId.parse(stream)
    if named and named.tag is not None:
        return f"image {named.tag}"
    return f"job {named.job_id}" if named and named.job_id is not None else f"stream {stream}"


def _live(queue: Queue) -> str:
    if not queue.total:
        return "empty"
    parts = [f"{queue.waiting} waiting", f"{queue.in_work} in work"]
    if queue.delayed:
        parts.append(f"{queue.delayed} delayed")
    return ", ".join([*parts, _oldest(queue)])


def _lost(queue: Queue) -> str:
    return f"{queue.total}, {_oldest(queue)}" if queue.total else "none"


def _oldest(queue: Queue) -> str:
    known = queue.oldest_seconds
    return "age of the oldest unknown" if known is None else f"oldest for {span(known)}"


def _letter(letter: Letter) -> str:
    of = f" ({letter.repository})" if letter.repository else ""
    times = "once" if letter.receives == 1 else f"{letter.receives} times"
    text = f"{subject(letter.stream)}{of}: received {times}, since {_at(letter.since)}"
    if letter.problem:
        return f"{text}; {letter.problem}"
    if letter.last_recorded_at is None:
        return f"{text}; it is not in the log"
    return f"{text}; last recorded: {letter.last_recorded} ({_at(letter.last_recorded_at)})"


def _failed(event: FailedEvent) -> str:
    tries = "1 attempt" if event.attempts == 1 else f"{event.attempts} attempts"
    why = ": ".join(filter(None, (event.condition, event.error)))
    return f"{_event(event.payload)}, given up at {_at(event.sent_at)} after {tries}: {why}"


def _event(payload: Any) -> str:
    """Return an EventBridge event's type, resource and source, or the schedule of a run."""
    if isinstance(payload, dict) and "schedule" in payload:
        return f"a run by the schedule {payload['schedule']}"
    if not isinstance(payload, dict) or "detail-type" not in payload:
        return "an event that is not EventBridge's"
    resources = payload.get("resources")
    names = resources if isinstance(resources, list) else []
    about = "".join(f" of {str(one).rpartition('/')[2]}" for one in names[:1])
    return f"{payload['detail-type']}{about} ({payload.get('source', 'source unknown')})"


def _at(at: datetime) -> str:
    return f"{when(at)} UTC"
