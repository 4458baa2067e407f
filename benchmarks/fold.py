"""The command `python -m benchmarks.fold`: how fast events are decoded, folded and decided on.

The events are those of simulated fleets, under faults and without, as the table stores them. Each
step after the first decodes anew; the floor is JSON to Python's own types. CPU time of one process,
without any call of AWS.
"""

import time
from collections.abc import Callable, Sequence

import click
import msgspec

from benchmarks.figures import Figure, document, lines
from shared.domain import codec
from shared.domain.events import Recorded
from shared.domain.history import read
from shared.domain.next_action import pending_work
from shared.domain.stream import StreamId
from shared.engine.transact import AnyHistory
from tests.simulated.names import FLEET
from tests.simulation.simulation import simulate
from tests.support.stories import POLICY, START

_SECONDS = 0.5
"""Minimum duration of a measurement."""
_WORLDS = (("calm", 8), ("storm", 8))
"""Profiles, and how many seeds of each."""

Stream = tuple[str, Sequence[str]]
"""The name of a stream, and the bodies of its events."""


def _streams() -> list[Stream]:
    """Return the streams of jobs in simulated worlds."""
    worlds = (simulate(seed, profile).world for profile, seeds in _WORLDS for seed in range(seeds))
    found: list[Stream] = []
    for world in worlds:
        bodies: dict[str, dict[int, str]] = {}
        for item in world.dynamodb.tables[FLEET.events_table].items():
            events = bodies.setdefault(item["stream"]["S"], {})
            events[int(item["seq"]["N"])] = item["body"]["S"]
        found += [
            (name, [body for _, body in sorted(events.items())])
            for name, events in bodies.items()
            if StreamId(name).job_id is not None
        ]
    return found


def _decoded(stream: Stream) -> list[Recorded]:
    name, bodies = stream
    return [codec.recorded(name, seq, body) for seq, body in enumerate(bodies, start=1)]


def _folded(stream: Stream) -> AnyHistory:
    return read(stream[0], _decoded(stream))


def _decided(stream: Stream) -> object:
    return list(pending_work(_folded(stream).state, START, POLICY))


def _rate(step: Callable[[Stream], object], streams: Sequence[Stream]) -> float:
    """Return the events a second of CPU."""
    events, done, began = sum(len(bodies) for _, bodies in streams), 0, time.process_time()
    while (spent := time.process_time() - began) < _SECONDS:
        for one in streams:
            step(one)
        done += events
    return done / spent


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="print one document")
def main(*, as_json: bool) -> None:
    """Measure all steps and print them."""
    streams = _streams()
    steps: dict[str, Callable[[Stream], object]] = {
        "JSON parsed": lambda one: [msgspec.json.decode(body) for body in one[1]],
        "events decoded": _decoded,
        "decoded and folded": _folded,
        "decoded, folded, next action": _decided,
    }
    floor = next(iter(steps))
    figures = [
        Figure(name=name, value=_rate(step, streams), unit="events/s", floor=floor)
        for name, step in steps.items()
    ]
    click.echo(document(figures) if as_json else lines(figures))


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.fold")
