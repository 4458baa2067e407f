"""The command `python -m benchmarks.processes`: one process verifies an export, and then several.

The export is long enough that the start of processes does not count for much. Elapsed time, since
that is what several processes save.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.exports import exported_chunk
from benchmarks.figures import Figure, document, lines
from cli.replay.drift import Drift, Tally
from cli.replay.exported import drift_of_export
from cli.replay.parallel import drift_of_files
from cli.streams import jsonl
from cli.streams.files import read_exports
from tests.support.stories import START

_COPIES = 250
"""How often the streams are repeated: about 300,000 events, 200 MB."""
_ONE = "verified by one process"


def _write(path: Path) -> int:
    """Write the file, and return its number of events."""
    (header,) = jsonl.write((), START)
    found = exported_chunk().lines
    with path.open("wb") as file:
        file.write(header)
        for _ in range(_COPIES):
            file.writelines(found)
    return _COPIES * sum(b',"event":' in line for line in found)


def _rate(verified: Callable[[], Iterator[Drift]], events: int) -> float:
    """Return the events a second that elapses."""
    began = time.perf_counter()
    drifting = sum(1 for _ in verified())
    if drifting:
        raise click.ClickException(f"{drifting} rows of the export differ from its events")
    return events / (time.perf_counter() - began)


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="print one document")
def main(*, as_json: bool) -> None:
    """Measure both and print them."""
    processes = os.cpu_count() or 1
    with TemporaryDirectory() as folder:
        path = Path(folder, "export.jsonl")
        events = _write(path)
        one = _rate(lambda: drift_of_export(read_exports([path]), Tally()), events)
        several = _rate(lambda: drift_of_files([path], Tally(), processes), events)
    figures = [
        Figure(name=_ONE, value=one, unit="events/s"),
        Figure(name=f"by {processes} processes", value=several, unit="events/s", floor=_ONE),
    ]
    click.echo(document(figures) if as_json else lines(figures))


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.processes")
