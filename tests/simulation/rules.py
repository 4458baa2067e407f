"""Rules that a world's log, its fleet and its GitHub must obey, each a function of the world.

`watch` asks them, and says when. Each yields what it saw wrong, and the runner that it is about.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from cli.replay.comparison import drift
from cli.replay.drift import Tally
from functions.janitor.delivery_ledger import FIRST_PAUSE
from shared.domain import events as e
from shared.domain.history import JobHistory
from shared.domain.job.state import JobPhase
from shared.domain.labels import serves
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot.counter import BROKEN, SERVED
from shared.domain.slot.state import Slot
from shared.domain.stream import StreamId
from tests.simulated.names import DEAD_LETTERS, FLEET
from tests.simulation.world.faults import FUNCTION_SECONDS
from tests.simulation.world.onlooker import load_home, load_job
from tests.simulation.world.world import World
from tests.support.streams import all_streams

Wrong = Iterator[tuple[str, str | None]]
Rule = Callable[[World], Wrong]

RETRIED = 60.0
"""Seconds after which a launch that is due is late."""
REQUESTED = 55.0
"""Seconds between two requests to deliver the same webhook again. A run of the Janitor may begin
some seconds late."""
RUNS = 10
"""Runs of the Janitor without a failure, within which a failed delivery is requested."""
_TERMINAL = ("OFFLINE", "FAILED")


def once(world: World) -> Wrong:
    """An event that the log holds already is not appended again, and none is missing."""
    for stream in world.log.streams():
        recorded = world.log.read(stream)
        ids = [one.event.id for one in recorded]
        for twice in {one for one in ids if ids.count(one) > 1}:
            yield f"{stream} holds {twice} {ids.count(twice)} times", None
        if [one.seq for one in recorded] != list(range(1, len(ids) + 1)):
            yield f"{stream} has gaps", None


def kept(world: World) -> Wrong:
    """A webhook that was taken in is in the log: GitHub does not deliver it again by itself."""
    lost = world.github.accepted - {one.id for one in _events(world)}
    for guid in sorted(lost):
        yield f"{guid} was answered 202", None


def launched(world: World) -> Wrong:
    """What the log calls launched is a task that ECS has started."""
    begun = {arn for _, arn in world.ecs._tokens.values()}
    for fact in _facts(world):
        if isinstance(fact, e.RunnerLaunched) and fact.task_arn not in begun:
            yield f"{fact.runner_id} has {fact.task_arn}", fact.runner_id


def tried(world: World) -> Wrong:
    """Nothing here refuses a launch for good, so none is given up."""
    for fact in _facts(world):
        if isinstance(fact, e.LaunchFailed) and not fact.retry_at:
            yield f"{fact.runner_id}: {fact.reason}, at attempt {fact.attempt}", fact.runner_id


def circuit(world: World) -> Wrong:
    """Once a runner has served a job, launches are not held back any more.

    Two invocations that overlap may not see what the other one counts.
    """
    freed = [one for one in _events(world) if isinstance(one.fact, e.SlotFreed)]
    broken = [one.recorded_at for one in freed if one.fact.outcome == BROKEN]
    served = [one for one in freed if one.fact.outcome == SERVED]
    count = world.log.slots().circuit.broken
    for one in served:
        if count and one.recorded_at > max(broken) + timedelta(seconds=FUNCTION_SECONDS):
            yield f"{one.fact.runner_id} served, and {count} broken ones count", one.fact.runner_id


def configured(world: World) -> Wrong:
    """A task starts after its config is stored."""
    for fact in _facts(world):
        if isinstance(fact, e.TaskStopped) and "env file" in fact.reason:
            yield f"{fact.runner_id}: {fact.reason}", fact.runner_id


def one_each(world: World) -> Wrong:
    """Where all jobs are equal and nothing dies, a runner that is left over goes to a job."""
    jobs, tasks = len(world.actions.jobs()), len(world.ecs.launched)
    if world.profile.equal and world.profile.is_calm and tasks > jobs:
        yield f"{jobs} jobs got {tasks} tasks", None


def kept_up(world: World) -> Wrong:
    """Where nothing dies, no job runs out of launches."""
    for one in _events(world):
        if world.profile.is_calm and isinstance(one.fact, e.JobGivenUp):
            yield f"{one.id}: {one.fact.reason}", None


def rows(world: World) -> Wrong:
    """Nothing is shown as going on or due, and what failed says why."""
    for row in world.table.all():
        if row.status not in _TERMINAL or row.deadline is not None:
            yield f"{row.runner_id} is {row.status}, due {row.deadline}", row.runner_id
        if row.status == "FAILED" and not row.failure_reason:
            yield f"{row.runner_id} failed and does not say why", row.runner_id


def drifted(world: World) -> Wrong:
    """What people read follows from the log."""
    for found in drift(all_streams(world.log), world.log, world.table, Tally()):
        yield f"{found}", found.runner_id


def dead_letters(world: World) -> Wrong:
    """Nothing ends as a dead letter where no call fails."""
    if not world.profile.is_calm:
        return
    for url in DEAD_LETTERS.values():
        for message in world.sqs.queues[url].messages():
            yield f"{message.body} is dead", None
    for event in world.eventbridge.failed:
        yield f"{event['id']} was not taken in", event["detail"].get("startedBy")


def counted(world: World) -> Wrong:
    """No slot is held or waited for, in any shard."""
    slots = world.log.slots()
    if any(shard.held or shard.awaited for shard in slots.shards):
        yield f"{slots}", None


def slotless(world: World) -> Wrong:
    """A launch that waits to be tried again holds no slot, unless it may have been done."""
    for job in _waiting(world):
        for runner in job.state.runners:
            waits = runner.retry_at and runner.retry_at > world.agenda.now()
            if waits and not runner.uncertain and runner.slot is Slot.HELD:
                yield f"{runner.id} waits until {runner.retry_at:%H:%M:%S}", runner.id


def redelivered(world: World, most: float) -> Wrong:
    """Deliveries without success that were not requested within `most` seconds after their pause.

    Whether a requested delivery succeeds is up to ingest. Where most runs of the Janitor fail, the
    rule waits for some that do not.
    """
    hook, now = world.github.hook, world.agenda.seconds
    for guid, since in sorted(hook.failed.items()):
        requests = [seconds for one, seconds in hook.requests if one == guid]
        pause = FIRST_PAUSE.total_seconds() * 2 ** (len(requests) - 1) if requests else 0.0
        begin = max([since, *requests]) + pause
        runs = sum(at > begin for at in world.functions.swept_at)
        wait = now - begin
        if wait > most and runs >= RUNS:
            yield f"{guid} failed, and was not requested for {wait:.0f} s", None


def patient(world: World) -> Wrong:
    """A delivery is not requested twice within a minute."""
    last: dict[str, float] = {}
    for guid, seconds in world.github.hook.requests:
        if seconds - last.get(guid, -REQUESTED) < REQUESTED:
            yield f"{guid} was requested after {last[guid]:.0f} s and after {seconds:.0f} s", None
        last[guid] = seconds


AT_LAST: dict[str, Rule] = {
    "every row is terminal": rows,
    "rows are the fold of the log": drifted,
    "no dead letters in calm weather": dead_letters,
    "the counter is back at nothing": counted,
    "an event is in its stream once": once,
    "what was taken in is in the log": kept,
    "a launch has its task": launched,
    "no launch is given up for what passes": tried,
    "the circuit closes": circuit,
    "a task finds its config": configured,
    "one launch for each of equal jobs": one_each,
    "no delivery is requested twice in a minute": patient,
    "no job is given up in calm weather": kept_up,
}
"""What must be true of a world that has come to rest."""


def unserved(world: World) -> Wrong:
    """Jobs that wait at GitHub and are known to the fleet, but nobody comes for them."""
    for job in world.actions.jobs():
        if job.status != "queued":
            continue
        key = f"{FLEET.prefix}-{job.id}-1"
        known = load_job(world.log, job.id)
        if known.state.job.phase is JobPhase.QUEUED and not _has_runner(world, known):
            yield f"job {job.id} waits for {known.state.job.paired}", key
        elif known.state.job.phase in (JobPhase.STARTED, JobPhase.COMPLETED):
            yield f"job {job.id} is {known.state.job.phase} in the log and waits at GitHub", key


def _has_runner(world: World, job: JobHistory) -> bool:
    """Whether the runner that the job is paired with can still come."""
    paired = job.state.job.paired
    if paired is None:
        return False
    home = load_home(world.log, paired)
    runner = home.state.runner(paired)
    return (
        runner is not None
        and runner.phase not in (RunnerPhase.CLOSED, RunnerPhase.BUSY, RunnerPhase.FINISHED)
        and runner.serves == job.state.job_id
        and _can_serve(runner, job)
    )


def _can_serve(runner: Runner, job: JobHistory) -> bool:
    details = job.state.job.details
    return not runner.intent or not details or serves(runner.intent.labels, details.labels)


def surplus(world: World) -> Wrong:
    """Runners that are idle, where there are more of them than jobs that wait."""
    waiting = sum(1 for job in world.jobs() if job.status == "queued")
    idle = world.runners.idle()
    if len(idle) > waiting:
        for runner_id in idle:
            yield f"{len(idle)} are idle, {waiting} wait; {runner_id} is idle", runner_id


def busy(world: World) -> Wrong:
    """A job that waits is paired with a runner that is not on another job."""
    running = {one.name: one.job_id for one in world.actions.registered() if one.job_id}
    for job in _waiting(world):
        paired = job.state.job.paired or ""
        if paired in running:
            yield f"job {job.state.job_id} waits for {paired}, on job {running[paired]}", paired


def free(world: World) -> Wrong:
    """A slot is handed over when it is given back, so none is free while jobs wait for one."""
    slots, most = world.log.slots(), int(world.profile.settings.get("MAX_RUNNERS", "100"))
    if slots.awaited and slots.held < most and not slots.circuit.broken:
        yield f"{slots.held} of {most} are held, {slots.awaited} jobs wait", None


def late(world: World) -> Wrong:
    """A launch is tried again when it is time."""
    for job in _waiting(world):
        for runner in job.state.runners:
            tried_again = runner.phase in (RunnerPhase.PLANNED, RunnerPhase.INTENDED)
            due = runner.retry_at if tried_again and not runner.awaits else None
            if due and (world.agenda.now() - due).total_seconds() > RETRIED:
                yield f"{runner.id} was to be tried again at {due:%H:%M:%S}", runner.id


def _waiting(world: World) -> Iterator[JobHistory]:
    """The jobs that wait, at GitHub as in the log."""
    for job in world.actions.jobs():
        known = load_job(world.log, job.id) if job.status == "queued" else None
        if known is not None and known.state.job.phase is JobPhase.QUEUED:
            yield known


def _events(world: World) -> Iterator[e.Event]:
    for job in world.actions.jobs():
        yield from (one.event for one in world.log.read(StreamId.of_job(job.id)))


def _facts(world: World) -> Iterator[e.Fact]:
    return (one.fact for one in _events(world))
