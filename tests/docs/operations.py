"""Writes the page of an operator's questions, with what the commands answer: `make operations`.

The answers are those of the commands themselves, on simulated fleets with a clock of their own, so
they are the same each time.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.structs import replace

from tests.cli.support import CliFleet, mixed, run, swapped
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import building_fleet

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
WIDTH = 80
INTRODUCTION = """# Questions at 3 a.m., and on Monday

Each question has one command. The answers are of a small simulated fleet; `…` stands for lines
left out. Times are in UTC. `--fleet NAME` finds a fleet; it is left out here.
[cli.md](cli.md) has all options, [doctor.md](doctor.md) the checks of `ecsrunner doctor`.

`make operations` writes this page; a test compares the two.
"""


class Question(NamedTuple):
    """A question, the command that answers it, and the fleet that is asked.

    `begin` is how the first line that is shown begins, and `lines` how many are shown. `before` is
    a command that has to run first, and is shown with what it prints.
    """

    text: str
    words: tuple[str, ...]
    fleet: Callable[[], SimulatedFleet] = mixed
    lines: int = 14
    begin: str = ""
    before: tuple[str, ...] = ()


def full() -> SimulatedFleet:
    """Two runners are allowed; two more jobs wait."""
    fleet = SimulatedFleet(replace(stories.POLICY, max_runners=2))
    fleet.queue(1, 2, 3, 4)
    fleet.settle()
    fleet.clock.advance(20)
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.clock.advance(5)
    fleet.starts(1, "fleet-1-1")
    fleet.starts(2, "fleet-2-1")
    fleet.settle()
    fleet.clock.advance(95)
    return fleet


def images() -> SimulatedFleet:
    """A job waits for its image."""
    return building_fleet(7)


def edited() -> SimulatedFleet:
    """Somebody edited a row of the runners table by hand."""
    fleet = mixed()
    row = fleet.row("fleet-7-1")
    fleet.table.overwrite(replace(row, status="RUNNING", exit_code=None))
    return fleet


QUESTIONS = (
    Question("What is going on?", ("status",), full),
    Question("Which jobs are there, and how long did they wait?", ("jobs", "list")),
    Question("Why does this job wait?", ("jobs", "why", "3"), full),
    Question("Why did this job get no runner?", ("jobs", "why", "8")),
    Question("Why has this one waited so long?", ("jobs", "why", "9")),
    Question("What does it do while its image is built?", ("jobs", "why", "7"), images),
    Question("What happened to this job, step by step?", ("jobs", "history", "9"), lines=24),
    Question("Whose runner did it get?", ("jobs", "history", "1"), swapped, 18),
    Question(
        "What was its state at 00:02:45?", ("jobs", "history", "9", "--at", "00:02:45"), lines=8
    ),
    Question(
        "What was the state of the whole fleet at 00:01:00?",
        ("status", "--at", "00:01:00"),
        full,
        22,
    ),
    Question("Which runners are there?", ("runners", "list")),
    Question("What does the fleet know of this runner?", ("runners", "details", "fleet-7-1")),
    Question("Which runners failed last night?", ("runners", "list", "--status", "FAILED")),
    Question("What did the whole fleet do, on a time axis?", ("timeline",)),
    Question("How long do jobs wait, and why do launches fail?", ("stats",), lines=40),
    Question(
        "What did the week cost, and for whom?",
        ("stats", "--since", "7d", "--cost"),
        lines=30,
        begin="Cost:",
    ),
    Question("Are messages stuck?", ("queues",)),
    Question("Were webhooks ignored or refused?", ("webhooks",)),
    Question("Is the runners table what the log gives?", ("replay", "verify")),
    Question("What would a rebuild of it write?", ("replay", "rebuild", "--dry-run"), edited),
    Question(
        "Does the new version read my recorded histories?",
        ("replay", "check", "fleet.jsonl"),
        before=("log", "export", "--since", "7d", "-o", "fleet.jsonl"),
    ),
    Question("How do I get a job's events for a ticket?", ("log", "export", "7", "-o", "7.jsonl")),
    Question(
        "What would be sent if I nudged what is due?", ("replay", "nudge", "--stalled", "--dry-run")
    ),
    Question(
        "What would another limit have changed?",
        ("replay", "what-if", "--set", "max_runners=1"),
        full,
        28,
    ),
    Question("How do I stop a runner?", ("runners", "terminate", "fleet-9-2")),
)


def page() -> str:
    """Return the whole page, in Markdown."""
    return "\n".join([INTRODUCTION, *(_section(one) for one in QUESTIONS)])


def _section(question: Question) -> str:
    answer = "\n".join(_answer(question))
    return f"## {question.text}\n\n```text\n{answer}\n```\n"


def _answer(question: Question) -> Iterator[str]:
    fleet = CliFleet(question.fleet())
    with _width(), TemporaryDirectory() as folder, chdir(folder):
        if question.before:
            yield _command(question.before)
            yield from _printed(fleet, question.before)
        lines = _printed(fleet, question.words)
    yield _command(question.words)
    first = next(at for at, line in enumerate(lines) if line.startswith(question.begin))
    if first:
        yield "…"
    yield from lines[first : first + question.lines]
    if len(lines) > first + question.lines:
        yield "…"


def _command(words: tuple[str, ...]) -> str:
    return f"$ ecsrunner {' '.join(words)}"


def _printed(fleet: CliFleet, words: tuple[str, ...]) -> list[str]:
    """Return the lines that a command prints."""
    result = run(fleet, *words)
    assert result.exit_code == 0, result.output
    return [line.rstrip() for line in result.output.strip("\n").splitlines()]


@contextmanager
def _width() -> Iterator[None]:
    """Set the width of the answers to that of the page, and switch colours off."""
    before = {name: os.environ.pop(name, None) for name in ("COLUMNS", "FORCE_COLOR")}
    os.environ["COLUMNS"] = str(WIDTH)
    try:
        yield
    finally:
        del os.environ["COLUMNS"]
        os.environ.update({name: value for name, value in before.items() if value is not None})


if __name__ == "__main__":
    PAGE.write_text(page())
