"""The invariants, each a function of one state or of one step. A broken one raises `Violation`."""

from collections.abc import Mapping, Sequence

from shared.domain.history import JobHistory
from shared.domain.job.state import JobPhase
from shared.domain.labels import serves
from shared.domain.projection import RunnerRow
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.status import status
from shared.domain.state import State
from tests.simulation.explore.naming import runner_name, runner_of
from tests.simulation.explore.streams import Streams
from tests.simulation.explore.world import End, Kind, World

_UNCLAIMED = (RunnerPhase.LAUNCHED, RunnerPhase.IDLE)


class Violation(AssertionError):
    """The product broke one of its invariants."""


def check_append(
    before: JobHistory,
    after: JobHistory,
    changed: Sequence[RunnerRow],
    written: Mapping[str, RunnerRow],
) -> None:
    """An append writes the rows that its events change, and reopens no closed runner or job."""
    for row in changed:
        stored = written.get(row.runner_id)
        if stored != row:
            raise Violation(f"{row.runner_id}: the row that was written is not the log's fold")
    for old in before.state.runners:
        new = after.state.runner(old.id)
        if new is None:
            raise Violation(f"{old.id} has vanished from the log")
        if old.phase is RunnerPhase.CLOSED and status(new) != status(old):
            raise Violation(f"{old.id} was {status(old)} and is {status(new)}: it came back")
    was, now = before.state.job.phase, after.state.job.phase
    if was is JobPhase.COMPLETED and now is not was:
        raise Violation(f"{before.stream}: the job had ended and is {now.value} again")


def check_always(world: World, streams: Streams) -> None:
    """What must hold in every state: every live task has an intent, and its runner is not over.

    Once time has passed, the Janitor may have cancelled a launch that a slow scheduler still
    performs. The Janitor stops that orphan, so it must only be gone in the end.
    """
    check_counter(world, streams)
    for runner in world.runners:
        if not runner.live:
            continue
        name = runner_name(*runner[:2])
        known = streams.histories[world.versions[runner.home - 1]].state.runner(name)
        if known is None or known.intent is None:
            raise Violation(f"{name}: a live task without an intent in the log")
        if known.phase is RunnerPhase.CLOSED and world.clock == 0:
            raise Violation(f"{name}: a live task, and the log says that the runner is over")


def check_counter(world: World, streams: Streams) -> None:
    """The fleet's counter equals the sum over the streams."""
    counts = [streams.counts[version] for version in world.versions]
    held, awaited = (sum(one) for one in zip(*counts, strict=True))
    if (held, awaited) != world.counter[:2]:
        what = f"{world.counter.held} held, {world.counter.awaited} awaited"
        raise Violation(f"the counter says {what}; the log {held} and {awaited}")


def check_settled(world: World, streams: Streams) -> None:
    """What must hold once no consumer has work: waiting jobs and runners are paired."""
    states = [streams.histories[version].state for version in world.versions]
    runners = {one.id: one for state in states for one in state.runners}
    waiting = 0
    for state in states:
        if state.job.phase is not JobPhase.QUEUED:
            continue
        waiting += 1
        paired = runners.get(state.job.paired or "")
        if paired is None or paired.phase is RunnerPhase.CLOSED:
            raise Violation(f"job {state.job_id} waits, and no runner is on its way")
        if paired.serves != state.job_id:
            what = f"{paired.id}, which serves {paired.serves}"
            raise Violation(f"job {state.job_id} waits for {what}")
        _check_can_come(world, state, paired)
    idle = [one for one in runners.values() if one.phase in _UNCLAIMED and one.stop is None]
    if len(idle) > waiting:
        raise Violation(f"{len(idle)} runners are unclaimed, and {waiting} jobs wait")
    check_failed(world, streams)


def _check_can_come(world: World, state: State, paired: Runner) -> None:
    """The runner that a job waits for runs no other job, and GitHub may assign it this one."""
    busy = world.runner(*runner_of(paired.id)).busy
    if busy > 0:
        raise Violation(f"job {state.job_id} waits for {paired.id}, which runs job {busy}")
    details = state.job.details
    if paired.intent and details and not serves(paired.intent.labels, details.labels):
        raise Violation(f"job {state.job_id} waits for {paired.id}, which can't serve it")


def check_failed(world: World, streams: Streams) -> None:
    """Retries succeed in the end, so a runner fails only with its task."""
    for state in (streams.histories[version].state for version in world.versions):
        for one in state.runners:
            end = world.runner(*runner_of(one.id)).end
            if one.failed and state.job.phase is not JobPhase.REFUSED and end is End.NONE:
                raise Violation(f"{one.id} failed, and nothing has happened to it: {one.reason}")


def check_end(world: World, streams: Streams) -> None:
    """What must hold at last: every job has run or has a reason, and nothing is left over."""
    states = [streams.histories[version].state for version in world.versions]
    for number, (job, state) in enumerate(zip(world.jobs, states, strict=True), 1):
        if state.job.phase is JobPhase.ABSENT:
            continue  # no webhook of it concerned the fleet: it launches nothing for it
        if job.phase.name != "ENDED" and state.job.phase is not JobPhase.REFUSED:
            raise Violation(f"job {number} has not run, and the log gives no reason")
    check_failed(world, streams)
    _check_left_over(world)
    for one in (runner for state in states for runner in state.runners):
        if one.phase is not RunnerPhase.CLOSED:
            raise Violation(f"{one.id}: still {one.phase.value} in the log")
    if world.counter.held or world.counter.awaited:
        raise Violation(f"{world.counter.held} slots are held, and no runner is left")


def _check_left_over(world: World) -> None:
    for runner in world.runners:
        for left, what in ((runner.live, "task"), (runner.registered, "registration")):
            if left:
                raise Violation(f"{runner_name(*runner[:2])}: its {what} is left over")


def ended_well(world: World, streams: Streams) -> bool:
    """Whether nothing is left to do, not even for the Janitor."""
    try:
        check_end(world, streams)
    except Violation:
        return False
    return True


def settled(world: World) -> bool:
    """Whether no message, drive or notice is left."""
    return not (world.nudges or world.drives or world.notices or world.lost)


__all__ = ["Kind", "Violation", "check_always", "check_append", "check_end", "check_settled"]
