"""Renders the overview of a fleet on one screen. Pure."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from cli.backlog import Queue
from cli.image_sizes import megabytes
from cli.render.layout import flow, table
from cli.render.text import safe, span, when
from cli.status.overview import CircuitState, Failure, Group, Live, Overview, SlotsInUse

_COLUMN = 11
"""The column of the values."""
_IMAGES = 3
"""The number of images that are shown, the last used."""


def lines(overview: Overview, width: int) -> Iterator[Text]:
    """Yield the lines of that width."""
    name = f"fleet {overview.fleet}" if overview.fleet else "fleet"
    yield Text.assemble((safe(name), "bold"), (f"  {when(overview.at)} UTC", "dim"))
    yield Text()
    yield from live_lines(overview.live, width)
    yield Text()
    yield from field("slots", _slots(overview.slots), width, bad=_is_full(overview.slots))
    is_open = overview.circuit.is_open
    yield from field("circuit", _circuit(overview.circuit), width, bad=bool(is_open))
    yield from field("GitHub", _github(overview), width, bad=bool(overview.rate_limits))
    yield from _queues(overview, width)
    yield from _versions(overview, width)
    yield from _alarms(overview, width)
    yield from _images(overview, width)
    yield Text()
    yield from failure_lines(overview.failures, width)
    yield from note_lines(overview.notes, width)


def live_lines(live: Live, width: int) -> Iterator[Text]:
    """Yield the live runners by what they do, and what the waiting ones wait for."""
    for name, group in (
        ("running", live.running), ("idle", live.idle), ("launching", live.launching),
    ):  # fmt: skip
        yield from field(name, _group(group), width)
    yield from field("waiting", str(sum(one.count for one in live.waiting)), width)
    rows = [(f"  {one.count}", span(one.longest_seconds), safe(one.reason)) for one in live.waiting]
    if rows:
        heading = ("  COUNT", "LONGEST", "FOR")
        first, *others = table([heading, *rows], width)
        yield Text(first, style="dim")
        yield from map(Text, others)


def _group(group: Group) -> str:
    if group.longest_seconds is None:
        return "0"
    return f"{group.count}, the longest for {span(group.longest_seconds)}"


def _is_full(slots: SlotsInUse) -> bool:
    return slots.max_runners is not None and slots.held >= slots.max_runners


def _slots(slots: SlotsInUse) -> str:
    most = "" if slots.max_runners is None else f" of {slots.max_runners}"
    return f"{slots.held}{most} held, {slots.awaited} awaited"


def _circuit(circuit: CircuitState) -> str:
    broken = in_a_row(circuit.broken)
    if circuit.is_open:
        at = circuit.next_trial_at
        after = f", the next one after {when(at)} UTC" if at else ""
        return f"open after {broken}: one launch is tried at a time{after}"
    state = "" if circuit.is_open is None else "closed"
    return ", ".join(filter(None, (state, broken if circuit.broken or not state else "")))


def in_a_row(broken: int) -> str:
    """Return a number of broken launches in words."""
    return f"{broken} broken {'launch' if broken == 1 else 'launches'} in a row"


def _github(overview: Overview) -> str:
    if not overview.rate_limits:
        return "no rate limit in force"
    held = (
        f"{f'credential {one.credential}' if one.credential else 'the first credential'} until "
        f"{when(one.until)} UTC"
        for one in overview.rate_limits
    )
    return f"refuses launches by its rate limit: {', '.join(held)}"


def _queues(overview: Overview, width: int) -> Iterator[Text]:
    nudges = [one for one in overview.queues if one.holds == "nudges"]
    yield from field("queues", "; ".join(f"{one.consumer} {_depth(one)}" for one in nudges), width)
    lost = [one for one in overview.queues if one.holds != "nudges" and one.total]
    listed = "; ".join(f"{_holds(one)} of {one.consumer}{_age(one)}" for one in lost)
    text = f"{listed} (`ecsrunner queues`)" if lost else "no dead letters, no failed events"
    yield from field("", text, width, bad=bool(lost))


def _holds(queue: Queue) -> str:
    return f"{queue.total} {queue.holds if queue.total != 1 else queue.holds.removesuffix('s')}"


def _depth(queue: Queue) -> str:
    if not queue.total:
        return "empty"
    delayed = f", {queue.delayed} delayed" if queue.delayed else ""
    return f"{queue.waiting} waiting, {queue.in_work} in work{delayed}{_age(queue)}"


def _age(queue: Queue) -> str:
    return "" if queue.oldest_seconds is None else f", oldest {span(queue.oldest_seconds)}"


def _versions(overview: Overview, width: int) -> Iterator[Text]:
    deployed = overview.deployed_version
    differ = deployed is not None and deployed != overview.cli_version
    text = f"ecsrunner {overview.cli_version}, deployed {deployed or 'unknown'}"
    yield from field("versions", text, width, bad=differ)


def _alarms(overview: Overview, width: int) -> Iterator[Text]:
    if overview.alarms is None:
        yield from field("alarms", "unknown", width)
        return
    if not overview.alarms:
        yield from field("alarms", "none in ALARM", width)
    for number, one in enumerate(overview.alarms):
        since = f" since {when(one.since)} UTC" if one.since else ""
        yield from field("" if number else "alarms", f"{one.name}{since}", width, bad=True)


def _images(overview: Overview, width: int) -> Iterator[Text]:
    if overview.images is None:
        yield from field("images", "unknown", width)
        return
    if not overview.images:
        yield from field("images", "none in ECR", width)
    for number, one in enumerate(overview.images[:_IMAGES]):
        text = f"{one.image}: {megabytes(one.size_bytes)}, pulled in about {one.pull_seconds:.0f}s"
        yield from field("" if number else "images", text, width)
    if len(overview.images) > _IMAGES:
        yield from field("", f"{len(overview.images) - _IMAGES} more (--json)", width)


def failure_lines(found: Sequence[Failure], width: int) -> Iterator[Text]:
    """Yield the last failures, and the command that shows more of them."""
    if not found:
        yield Text("No failed runners.")
        return
    yield Text("Last failures (`ecsrunner runners history RUNNER`)", style="bold")
    rows = [(f"  {when(one.at)}", safe(one.runner_id), safe(one.reason) or "-") for one in found]
    yield from map(Text, table(rows, width))


def note_lines(notes: Sequence[str], width: int) -> Iterator[Text]:
    """Yield what is left out, and why."""
    for note in notes:
        yield from (Text(line, style="dim") for line in flow(safe(f"Note: {note}."), width))


def field(name: str, value: str, width: int, *, bad: bool = False) -> Iterator[Text]:
    """Yield a name and its value; a bad one is red."""
    first, *others = flow(safe(value), width, _COLUMN)
    style = "red" if bad else ""
    yield Text.assemble((f"{name:<{_COLUMN}}", "dim"), (first, style))
    yield from (Text(line, style=style) for line in others)
