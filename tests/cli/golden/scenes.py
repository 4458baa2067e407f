"""The scenes of each command: its arguments, and the fleet that is asked.

Every command has at least one. The golden files show them; `tests/cli/test_documents.py` plays the
same ones with --json.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, chdir, contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple

from click.testing import Result

from tests.cli.golden import places
from tests.cli.golden.fleets import drifted, eventful, job, runner, sized
from tests.cli.support import CliFleet, run

Place = Callable[[], AbstractContextManager[places.Given]]


def on(fleet: Callable[[], CliFleet]) -> Place:
    """Return the place with that fleet and nothing else."""

    @contextmanager
    def place() -> Iterator[places.Given]:
        yield places.Given(fleet())

    return place


class Scene(NamedTuple):
    """One invocation of a command, and its exit code."""

    words: tuple[str, ...] = ()
    place: Place = on(eventful)
    exit_code: int = 0


SCENES: dict[str, tuple[Scene, ...]] = {
    "completion": (Scene(("fish",)),),
    "doctor": (Scene((), places.healthy), Scene((), places.broken, 1)),
    "github connect": (Scene((), places.connecting),),
    "github create-app": (Scene(("--name", "Octo runners"), places.creating),),
    "jobs history": (Scene((str(job(3)),)),),
    "jobs list": (Scene(), Scene(("--state", "refused"))),
    "jobs why": tuple(Scene((str(job(number)),)) for number in (8, 2, 7)),
    "list-class-sizes": (Scene((), on(sized)),),
    "log export": (Scene(("-o", "export.jsonl")),),
    "log import": (Scene(("export.jsonl", "--yes"), places.importing),),
    "logs": (Scene((str(job(1)),)), Scene((str(job(8)),), exit_code=1)),
    "queues": (Scene(),),
    "queues redrive": (Scene(("--dry-run",)),),
    "replay check": (Scene(("export.jsonl",), places.importing),),
    "replay nudge": (Scene(("--stalled", "--dry-run")), Scene(("--all", "--dry-run"))),
    "replay rebuild": (Scene(("--dry-run",), on(drifted)), Scene(("--yes",), on(drifted))),
    "replay verify": (Scene(), Scene((), on(drifted), 1)),
    "replay what-if": (Scene(("--set", "max_runners=1")),),
    "report": (Scene(),),
    "runners details": (Scene((runner(1),)), Scene((str(job(3)),))),
    "runners history": (Scene((runner(4),)), Scene((runner(1), "--events"))),
    "runners list": (Scene(), Scene(("--status", "FAILED"))),
    "runners terminate": (Scene((runner(9),)), Scene((runner(4),))),
    "stats": (Scene(), Scene(("--cost",))),
    "status": (Scene(), Scene(("--at", "00:05:30"))),
    "timeline": (Scene(), Scene(("--ascii",))),
    "webhooks": (Scene(), Scene((str(job(77)),), exit_code=1)),
}


def played(command: str, scene: Scene, *more: str) -> tuple[tuple[str, ...], Result]:
    """Return the words that were typed, and what came of them, in a folder of its own."""
    with TemporaryDirectory() as folder, chdir(folder), scene.place() as given:
        words = (*command.split(), *scene.words, *given.words)
        return words, run(given.fleet, *words, *more)
