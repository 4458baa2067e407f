"""Exports of simulated fleets, as `ecsrunner log export` writes them."""

from collections.abc import Iterator
from functools import partial

from cli.streams import jsonl
from cli.streams.exported import ExportedStream
from cli.streams.stored import stored
from shared.domain import codec
from shared.domain.events import Recorded
from shared.domain.stream import StreamId
from tests.simulated.names import FLEET
from tests.simulation.simulation import simulate
from tests.simulation.world.world import World
from tests.support.stories import START

_WORLDS = (("calm", 8), ("storm", 8))
"""Profiles, and how many seeds of each."""


def exported_chunk() -> jsonl.Chunk:
    """Return an export's lines after its header: about 1,200 events of jobs, and their rows."""
    _, *lines = jsonl.write(_streams(), START)
    return jsonl.Chunk(path="export.jsonl", first=2, lines=lines)


def _streams() -> Iterator[ExportedStream]:
    for profile, seeds in _WORLDS:
        for seed in range(seeds):
            yield from _streams_of(simulate(seed, profile).world)


def _streams_of(world: World) -> Iterator[ExportedStream]:
    """Yield the streams of a world's jobs. The rows are those that the log gives."""
    bodies: dict[str, dict[int, str]] = {}
    for item in world.dynamodb.tables[FLEET.events_table].items():
        bodies.setdefault(item["stream"]["S"], {})[int(item["seq"]["N"])] = item["body"]["S"]
    for name, events in bodies.items():
        if StreamId(name).job_id is not None:
            one = stored(name, partial(_recorded, name, events))
            yield ExportedStream(stored=one, rows=one.history().rows)


def _recorded(name: str, bodies: dict[int, str]) -> list[Recorded]:
    return [codec.recorded(name, seq, body) for seq, body in sorted(bodies.items())]
