"""Takes the picture of the README, in Chromium: `python -m tests.docs.pictures`.

It is the timeline of a simulated storm of faults, which is the same each time.
"""

import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.chart.build import chart, lanes
from cli.chart.page import page, stories_of
from cli.streams.period import read_streams
from shared.domain.stream import StreamId
from tests.judges.chromium import chromium
from tests.simulation.simulation import simulate

TIMELINE = Path(__file__).parents[2] / "docs" / "images" / "timeline.png"
_SEED, _JOBS = 5, 120
_PERIOD = timedelta(minutes=13)
"""Nearly all of the storm."""
_DRAWN_SECONDS = 0.5


def timeline() -> str:
    """Return the page of the storm."""
    world = simulate(_SEED, "storm", jobs=_JOBS).world
    streams = list(read_streams(world.log, map(StreamId, world.log.streams())))
    begin = min(one.recorded[0].event.at for one in streams)
    until = begin + _PERIOD
    runners = {row.runner_id for row in world.table.all()}
    found = lanes(streams, runners, world.agenda.now(), [])
    made = chart(found, since=begin, until=until, now=until)
    return page(made, stories_of(made, streams))


def take() -> None:
    """Write the picture."""
    with TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        file = Path(folder) / "timeline.html"
        file.write_text(timeline())
        browser.resize(1280, 800)
        browser.open(file.as_uri())
        time.sleep(_DRAWN_SECONDS)
        browser.picture(TIMELINE)


if __name__ == "__main__":
    take()
