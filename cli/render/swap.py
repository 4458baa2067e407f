"""Draws a swap: which job got the runner that the other one had waited for. Pure."""

from collections.abc import Iterator

from rich.cells import cell_len

from cli.history.timeline import Swapped
from cli.render.layout import pad
from cli.render.text import safe

_HEADING = "swap: beside each, what it waited for"
_SHORT_HEADING = "swap"
_UPPER, _MIDDLE, _LOWER = " ─╲ ╱→ ", "   ╳   ", " ─╱ ╲→ "  # noqa: RUF001


def crossing(swap: Swapped, room: int) -> Iterator[str]:
    """Yield the lines of a drawing: jobs, their runners, and arrows that cross. None without room.

    Each job is beside the runner that it had waited for, and its arrow leads to the other one.
    """
    jobs = [f"job {swap.job_id}", f"job {swap.displaced_job_id}"]
    waited_for = [safe(swap.spare_runner_id), safe(swap.runner_id)]
    size = max(map(len, jobs))
    if size + len(_UPPER) + max(map(cell_len, waited_for)) > room:
        return
    yield _HEADING if len(_HEADING) <= room else _SHORT_HEADING
    yield f"{pad(jobs[0], size)}{_UPPER}{waited_for[0]}"
    yield f"{pad('', size)}{_MIDDLE}".rstrip()
    yield f"{pad(jobs[1], size)}{_LOWER}{waited_for[1]}"
