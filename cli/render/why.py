"""Renders why a job waits: the cause, its proof, what surrounds it, and what to do. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.text import Text

from cli.render.layout import GAP, flow, paragraph
from cli.render.text import safe, span, when
from cli.why.cause import REFUSALS, Cause
from cli.why.dependencies import AwaitedImage, Breaker, Line
from cli.why.evidence import Evidence
from cli.why.explanation import Explanation
from cli.why.similar import Similar

_NEXT = {
    Cause.TURN: "Its turn",
    Cause.CHECK: "The next request to GitHub",
    Cause.HELD: "The next request to GitHub",
}


def explained(found: Explanation, now: datetime, width: int) -> Iterator[Text]:
    """Yield the lines of an explanation."""
    style = "bold red" if found.cause in (*REFUSALS, Cause.STUCK, Cause.LOST) else "bold"
    yield from _paragraph(found.sentence, width, style)
    names = " · ".join(filter(None, (found.repository, found.workflow, found.job_name)))
    yield from _paragraph(names, width)
    yield from _paragraph(found.url, width)
    for text in _present(found, now):
        yield from _paragraph(text, width)
    yield Text()
    yield from _evidence(found.evidence, width)
    yield from _dependencies(found, width)
    yield Text()
    if found.remedy:
        yield from _paragraph(f"What to do: {found.remedy}.", width)
    yield from _paragraph(
        f"`ecsrunner jobs history {found.job_id}` shows all events.", width, "dim"
    )


def _present(found: Explanation, now: datetime) -> Iterator[str]:
    """Yield how long the present wait has lasted, and when it ends at the earliest."""
    waits = found.state in ("queued", "held")
    if waits and found.since is not None and found.seconds is not None:
        yield f"This wait has lasted {span(found.seconds)}, since {when(found.since)} UTC."
    if found.next_at is not None and found.next_at > now:
        yield f"{_NEXT.get(found.cause, 'The next attempt')} is at {when(found.next_at)} UTC."


def _evidence(shown: Sequence[Evidence], width: int) -> Iterator[Text]:
    """Yield the events, each with its number and time, and its reason where there is one."""
    stream = shown[0].stream if shown else ""
    numbers = max((len(str(one.seq)) for one in shown), default=1)
    yield Text(f"{'#':>{numbers}}  {'WHEN (UTC)':<19}  WHAT, WHY", style="dim")
    for one in shown:
        if one.stream != stream:
            stream = one.stream
            yield Text(paragraph(safe(f"in {stream}:"), width), style="dim")
        head = f"{one.seq:>{numbers}}  {when(one.at)}  "
        what = f"{one.what}: {one.why}" if one.why else one.what
        first, *others = flow(safe(what), width, len(head))
        yield Text(f"{head}{first}")
        yield from map(Text, others)


def _dependencies(found: Explanation, width: int) -> Iterator[Text]:
    texts = [
        *(_line(found.line) if found.line else ()),
        *(_image(found.image) if found.image else ()),
        *(_breaker(found.circuit) if found.circuit else ()),
        *(_similar(found.similar, found) if found.similar else ()),
    ]
    if texts:
        yield Text()
    for indent, text in texts:
        yield from _paragraph(text, width, indent=indent)


def _line(line: Line) -> Iterator[tuple[int, str]]:
    of = f"{line.waiting}{'' if line.complete else ' or more'}"
    where = f"number {line.position} of {of}" if line.position else f"not among the first {of}"
    most = f" of {line.max_runners}" if line.max_runners is not None else ""
    yield 0, f"Place in line: {where}. Runners in use: {line.held}{most}."


def _image(image: AwaitedImage) -> Iterator[tuple[int, str]]:
    build = f", build {image.build_number}" if image.build_number else ""
    since = f" since {when(image.build_started_at)} UTC" if image.build_started_at else ""
    waits = f"; {image.jobs_waiting} {'job waits' if image.jobs_waiting == 1 else 'jobs wait'}"
    yield (
        0,
        f'Image {image.image_tag} from "{image.base}": {image.state}{build}{since}{waits} for it.',
    )
    if image.retry_at:
        yield GAP, f"The build is started again at {when(image.retry_at)} UTC."
    if image.reason:
        yield GAP, f"Reason: {image.reason}"
    if image.log_url:
        yield GAP, f"Log: {image.log_url}"


def _breaker(breaker: Breaker) -> Iterator[tuple[int, str]]:
    launches = "launch" if breaker.broken == 1 else f"{breaker.broken} launches"
    after = (
        f"; the next trial at {when(breaker.next_trial_at)} UTC" if breaker.next_trial_at else ""
    )
    yield 0, f"Circuit breaker: the last {launches} broke{after}."
    for one in breaker.launches:
        yield GAP, f"{when(one.at)}  {one.runner_id}: {one.reason}"


def _similar(similar: Similar, found: Explanation) -> Iterator[tuple[int, str]]:
    period = "in the last 24 hours" if found.cause in REFUSALS else "now"
    if not similar.count:
        yield 0, f"No other job has this cause {period}."
        return
    has = "job has" if similar.count == 1 else "jobs have"
    named = ", ".join(map(str, similar.job_ids))
    more = similar.count - len(similar.job_ids)
    rest = f" and {more} more" if more else ""
    yield 0, f"{similar.count} other {has} this cause {period}: {named}{rest}."


def _paragraph(text: str, width: int, style: str = "", indent: int = 0) -> Iterator[Text]:
    if text:
        yield Text(paragraph(safe(text), width, indent), style=style)
