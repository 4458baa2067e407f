"""Renders the overview of a fleet on one screen. Pure."""

from collections.abc import Iterator

from rich.text import Text

from cli.backlog import Queue
from cli.image_sizes import megabytes
from cli.render.layout import flow, table
from cli.render.text import safe, span, when
from cli.status.overview import CircuitState, Group, Live, Overview, SlotsInUse

_COLUMN = 11
"""The column of the values."""
_IMAGES = 3
"""The number of images that are shown, the last used."""


def lines(overview: Overview, width: int) -> Iterator[Text]:
    """Yield the lines of that width."""
    name = f"fleet {overview.fleet}" if overview.fleet else "fleet"
    yield Text.assemble((safe(name), "bold"), (f"  {when(overview.at)} UTC", "dim"))
    yield Text()
    yield from _live(overview.live, width)
    yield Text()
    yield from _field("slots", _slots(overview.slots), width, bad=_is_full(overview.slots))
    is_open = overview.circuit.is_open
    yield from _field("circuit", _circuit(overview.circuit), width, bad=bool(is_open))
    yield from _field("GitHub", _github(overview), width, bad=bool(overview.rate_limits))
    yield from _queues(overview, width)
    yield from _versions(overview, width)
    yield from _alarms(overview, width)
    yield from _images(overview, width)
    yield Text()
    yield from _failures(overview, width)
    for note in overview.notes:
        yield from _wrapped(f"Note: {note}.", width, style="dim")


def _live(live: Live, width: int) -> Iterator[Text]:
    for name, group in (
        ("running", live.running), ("idle", live.idle), ("launching", live.launching),
    ):  # fmt: skip
        yield from _field(name, _group(group), width)
    yield from _field("waiting", str(sum(one.count for one in live.waiting)), width)
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
    broken = f"{circuit.broken} broken {'launch' if circuit.broken == 1 else 'launches'} in a row"
    if circuit.is_open:
        at = circuit.next_trial_at
        after = f", the next one after {when(at)} UTC" if at else ""
        return f"open after {broken}: one launch is tried at a time{after}"
    state = "" if circuit.is_open is None else "closed"
    return ", ".join(filter(None, (state, broken if circuit.broken or not state else "")))


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
    yield from _field("queues", "; ".join(f"{one.consumer} {_depth(one)}" for one in nudges), width)
    lost = [one for one in overview.queues if one.holds != "nudges" and one.total]
    listed = "; ".join(f"{_holds(one)} of {one.consumer}{_age(one)}" for one in lost)
    text = f"{listed} (`ecsrunner queues`)" if lost else "no dead letters, no failed events"
    yield from _field("", text, width, bad=bool(lost))


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
    yield from _field("versions", text, width, bad=differ)


def _alarms(overview: Overview, width: int) -> Iterator[Text]:
    if overview.alarms is None:
        yield from _field("alarms", "unknown", width)
        return
    if not overview.alarms:
        yield from _field("alarms", "none in ALARM", width)
    for number, one in enumerate(overview.alarms):
        since = f" since {when(one.since)} UTC" if one.since else ""
        yield from _field("" if number else "alarms", f"{one.name}{since}", width, bad=True)


def _images(overview: Overview, width: int) -> Iterator[Text]:
    if overview.images is None:
        yield from _field("images", "unknown", width)
        return
    if not overview.images:
        yield from _field("images", "none in ECR", width)
    for number, one in enumerate(overview.images[:_IMAGES]):
        text = f"{one.image}: {megabytes(one.size_bytes)}, pulled in about {one.pull_seconds:.0f}s"
        yield from _field("" if number else "images", text, width)
    if len(overview.images) > _IMAGES:
        yield from _field("", f"{len(overview.images) - _IMAGES} more (--json)", width)


def _failures(overview: Overview, width: int) -> Iterator[Text]:
    if not overview.failures:
        yield Text("No failed runners.")
        return
    yield Text("Last failures (`ecsrunner runners history RUNNER`)", style="bold")
    rows = [
        (f"  {when(one.at)}", safe(one.runner_id), safe(one.reason) or "-")
        for one in overview.failures
    ]
    yield from map(Text, table(rows, width))


def _field(name: str, value: str, width: int, *, bad: bool = False) -> Iterator[Text]:
    first, *others = flow(safe(value), width, _COLUMN)
    style = "red" if bad else ""
    yield Text.assemble((f"{name:<{_COLUMN}}", "dim"), (first, style))
    yield from (Text(line, style=style) for line in others)


def _wrapped(text: str, width: int, *, style: str) -> Iterator[Text]:
    yield from (Text(line, style=style) for line in flow(safe(text), width))
