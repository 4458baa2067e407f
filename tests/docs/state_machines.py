"""Draws the state machines from their tables: `make diagrams` writes the page."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from msgspec import Struct

from shared.domain.commit_status.state import STATUS_TRANSITIONS
from shared.domain.image.state import IMAGE_TRANSITIONS
from shared.domain.job.state import JOB_TRANSITIONS
from shared.domain.machine import Table
from shared.domain.rerun.state import RERUN_TRANSITIONS
from shared.domain.runner.state import RUNNER_TRANSITIONS
from shared.domain.slot.state import SLOT_TRANSITIONS
from shared.domain.stop.state import STOP_TRANSITIONS

PAGE = Path(__file__).parents[2] / "docs" / "state-machines.md"
INTRODUCTION = """# State machines

Every phase of a job, its commit status, a runner, its slot, its stop, a lost job and an image is
in one of seven tables. An event is a signal to one or more of them. A signal that a table does not
have for the present phase changes nothing. An arrow from a phase to itself: the signal is accepted
and moves nothing, but it adds evidence, such as a time.

Each diagram is drawn from its table by `make diagrams`; a test compares the two.
"""


class Machine(Struct, frozen=True):
    """A table, what it is about, and the module that it is in."""

    title: str
    text: str
    module: str
    table: Table[Any, Any]


MACHINES = (
    Machine(
        "Job",
        "A workflow job, as webhooks and GitHub's own answers report it.",
        "shared/domain/job/state.py",
        JOB_TRANSITIONS,
    ),
    Machine(
        "Commit status",
        "The last commit status that shows at GitHub why the job has no runner.",
        "shared/domain/commit_status/state.py",
        STATUS_TRANSITIONS,
    ),
    Machine(
        "Runner",
        "One launch of a runner: its intent, its task, the job that it took.",
        "shared/domain/runner/state.py",
        RUNNER_TRANSITIONS,
    ),
    Machine(
        "Slot",
        "Whether the runner counts among the `max_runners` that there may be at once.",
        "shared/domain/slot/state.py",
        SLOT_TRANSITIONS,
    ),
    Machine(
        "Stop",
        "How far the stopping of a runner has come.",
        "shared/domain/stop/state.py",
        STOP_TRANSITIONS,
    ),
    Machine(
        "Lost job",
        "A job that was lost with its runner's task, until GitHub runs it again.",
        "shared/domain/rerun/state.py",
        RERUN_TRANSITIONS,
    ),
    Machine(
        "Image",
        "A runner image, from the first job that needs it until it is deleted.",
        "shared/domain/image/state.py",
        IMAGE_TRANSITIONS,
    ),
)


def page() -> str:
    """The whole page, in Markdown with Mermaid diagrams."""
    parts = [INTRODUCTION]
    for one in MACHINES:
        diagram = "\n".join(_diagram(one.table))
        parts.append(
            f"## {one.title}\n\n{one.text} Table: `{one.module}`.\n\n```mermaid\n{diagram}\n```\n"
        )
    return "\n".join(parts)


def _diagram(table: Table[Any, Any]) -> Iterator[str]:
    """One arrow for each pair of phases, with all signals that lead from the one to the other."""
    yield "stateDiagram-v2"
    yield f"    [*] --> {next(iter(table)).name}"
    for phase, row in table.items():
        for after in dict.fromkeys(row.values()):
            signals = [_words(signal) for signal, to in row.items() if to is after]
            yield f"    {phase.name} --> {after.name}: {', '.join(signals)}"
        if all(after is phase for after in row.values()):
            yield f"    {phase.name} --> [*]"


def _words(signal: Enum) -> str:
    return str(signal.value)


if __name__ == "__main__":
    PAGE.write_text(page())
