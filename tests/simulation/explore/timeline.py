"""A trace as text: one line for each move, and below it the events that it appended to the log."""

from collections.abc import Callable
from typing import Any

from tests.simulation.explore.consumers import Call
from tests.simulation.explore.moves import Move, Moves
from tests.simulation.explore.naming import runner_name
from tests.simulation.explore.world import Conclusion, End, Kind, Notice, Nudge, Role, Runner, World


def lines_of(moves: Moves, before: World, move: Move, after: World) -> list[str]:
    """The move and the events that it appended."""
    lines = [f"{before.clock:>5} s  {describe(moves, move)}"]
    for old, new in zip(before.versions, after.versions, strict=True):
        if old == new:
            continue
        known = moves.streams.histories[old].ids
        lines += [
            f"{'':>7}  + {one.stream}: {one.event.type} ({_words(one.event.fact)})"
            for one in moves.streams.events[new]
            if one.event.id not in known
        ]
    return lines


def describe(moves: Moves, move: Move) -> str:
    """A move as a line of a timeline."""
    verb, whom, more = move
    match whom:
        case Notice():
            return f"{_NOTICES[verb]} {_notice(whom)}"
        case Nudge():
            return f"{_role(whom.role)} drives job-{whom.job}"
        case Runner():
            return _RUNNERS[verb].format(_name(whom), more)
    return _drive(moves, verb, whom) if verb in _DRIVES else _OTHERS[verb].format(whom, _role(more))


def _drive(moves: Moves, verb: str, number: int) -> str:
    drive, call = moves.consumers.drives[number], moves.consumers.next(number)
    what = call.name if isinstance(call, Call) else "its end"
    who = f"{_role(drive.role)} on job-{drive.job}"
    return _DRIVES[verb].format(who, what)


_DRIVES = {
    "step": "{} calls {}",
    "crash": "{} crashes before {}",
    "pause": "{} is slow before {}",
    "refuse": "{} calls {} and is throttled",
    "unanswered": "{} calls {} and the answer is lost",
}
_NOTICES = {
    "deliver": "ingest receives:",
    "double": "ingest receives the first of two copies:",
    "lose": "lost:",
}
_RUNNERS = {
    "start": "ECS starts the task of {}",
    "exit": "the process of {} ends by itself",
    "die": "the task of {} dies",
    "assign": "GitHub assigns job {1} to {0}",
    "complete": "the job on {} ends",
    "remove": "GitHub removes the registration of {}, which is idle",
    "fail": "GitHub fails the job of the dead {}",
}
_OTHERS = {
    "wait": "{} s pass",
    "clean": "run {} of the Janitor removes what closed runners have left",
    "sweep": "the Janitor finds job-{} due",
    "nudge": "a message for job-{} comes a second time, to {}",
    "cancel": "somebody cancels job {}",
    "hold": "GitHub holds job {}",
    "approve": "somebody approves job {}",
}


def _notice(notice: Notice) -> str:
    name = runner_name(notice.home, notice.number)
    where = f" on {name}" if notice.home else ""
    return _REPORTS[notice.kind](notice).format(job=notice.job, name=name, where=where)


_REPORTS: dict[Kind, Callable[[Notice], str]] = {
    Kind.QUEUED: lambda _: "job {job} is queued",
    Kind.HELD: lambda _: "job {job} is held",
    Kind.APPROVED: lambda _: "job {job} is queued again",
    Kind.STARTED: lambda _: "job {job} started on {name}",
    Kind.COMPLETED: lambda one: (
        f"job {{job}} ended{{where}}: {Conclusion(one.detail).name.lower()}"
    ),
    Kind.TASK_RUNNING: lambda _: "the task of {name} runs",
    Kind.TASK_STOPPED: lambda one: f"the task of {{name}} stopped ({End(one.detail).name.lower()})",
}


def _name(runner: Runner) -> str:
    return runner_name(runner.home, runner.number)


def _role(role: Role | None) -> str:
    return "" if role is None else f"the {role.name.capitalize()}"


def _words(fact: Any) -> str:
    names = ("job_id", "runner_id", "displaced_job_id", "spare_runner_id", "spare_given", "reason")
    found = {name: getattr(fact, name, None) for name in names}
    return ", ".join(f"{name} {value}" for name, value in found.items() if value not in (None, ""))
