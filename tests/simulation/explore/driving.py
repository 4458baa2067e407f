"""The life of a drive: it begins with a nudge, goes on call by call, appends, ends or crashes.

A drive stops only where another move could make a difference. The README gives the reasons:

- Reads that lead straight to an append are one step with it: had a stream changed in between, the
  append would have been refused and the reads repeated. This requires that each stream that was
  read is in the append and was read once; otherwise every call is a step.
- A drive that has appended is in the state of one that reads again, so it becomes a nudge. So does
  a drive whose append must be refused. A drive that began a launch remains a drive, because it
  alone may continue that launch.
- A nudge that finds nothing to do is dropped at once. A message that comes later, when there is
  work, is one of the faults (`doubles`).
"""

from contextlib import suppress

from msgspec.structs import replace

from shared.engine.drive import NoProgressError
from shared.engine.leases import Lease, holds, leases_of
from shared.ports import Conflict, NameTaken, NotNow, Refused, TurnedAway, Unavailable
from tests.simulation.explore.consumers import Answer, Broke, Call, Drive, Ended
from tests.simulation.explore.model import Model
from tests.simulation.explore.naming import runner_of
from tests.simulation.explore.rules import Violation
from tests.simulation.explore.scenario import Grain
from tests.simulation.explore.streams import job_of
from tests.simulation.explore.world import Notice, Nudge, Role, Task, World, without

RETRY_SECONDS = 60
"""How long a message stays invisible after its drive raised; `retry_after` of a failed call."""
JANITOR_SECONDS = 60
"""From a run of the Janitor that crashed to the next one."""
_READS = frozenset({"log.read", "log.slots", "log.append", "table.waiting"})
"""The calls that need not be steps of their own."""


class Driving:
    """Moves of the consumers and of the Janitor."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._streams = model.streams
        self._outside = model.outside
        self._consumers = model.consumers
        self._reductions = model.scenario.reductions

    def begin(self, world: World, nudge: Nudge) -> World:
        world = world._replace(nudges=without(world.nudges, nudge))
        version = world.versions[nudge.job - 1]
        drive = self._consumers.drives[self._consumers.fresh(nudge.role, version, world.clock)]
        whole = self._at_once(world, drive) if self._reductions.reads_with_append else None
        return whole or self._goes_on(world, drive)

    def step(self, world: World, number: int) -> World:
        drive, call = self._consumers.drives[number], self._consumers.next(number)
        assert isinstance(call, Call)
        world = world._replace(drives=without(world.drives, number), active=-1)
        if call.name == "log.append":
            return self._appended(world, drive, call)
        if call.name in _READS:
            return self._goes_on(world, drive.answered(self._answer(world, call)))
        try:
            world, value = self._outside.perform(world, call)
        except (NameTaken, Refused) as error:
            return self._goes_on(world, drive.answered(Answer(world.clock, error=error)))
        return self._goes_on(world, drive.answered(Answer(world.clock, value=value)))

    def refuse(self, world: World, number: int) -> World:
        """The call fails before it has an effect."""
        drive = self._consumers.drives[number]
        call = self._consumers.next(number)
        world = world.spend("failures")._replace(drives=without(world.drives, number), active=-1)
        answer = self._unavailable(world)
        if isinstance(call, Call) and call.name == "tasks.run":
            answer = answer._replace(error=self._not_now(world, call))
        return self._goes_on(world, drive.answered(answer))

    def _not_now(self, world: World, call: Call) -> NotNow:
        """RunTask starts nothing. If its token has a task, only throttling can refuse the call."""
        started = world.runner(*runner_of(call.args[0].runner_id)).task is not Task.NONE
        kind = TurnedAway if started else NotNow
        return kind("throttled", retry_after=RETRY_SECONDS)

    def unanswered(self, world: World, number: int) -> World:
        """The call has its effect, and its answer is lost."""
        drive, call = self._consumers.drives[number], self._consumers.next(number)
        assert isinstance(call, Call)
        world = world.spend("failures")._replace(drives=without(world.drives, number), active=-1)
        with suppress(NameTaken, Refused):
            world, _ = self._outside.perform(world, call)
        return self._goes_on(world, drive.answered(self._unavailable(world)))

    def _unavailable(self, world: World) -> Answer:
        return Answer(world.clock, error=Unavailable("throttled", retry_after=RETRY_SECONDS))

    def pause(self, world: World, _: int) -> World:
        """The drive is slow: others may move before it goes on."""
        return world.spend("pauses")._replace(active=-1)

    def crash(self, world: World, number: int) -> World:
        drive = self._consumers.drives[number]
        world = world.spend("crashes")._replace(drives=without(world.drives, number), active=-1)
        again = world.clock + JANITOR_SECONDS if drive.role is Role.JANITOR else 0
        return world.nudge(Nudge(drive.job, drive.role, again))

    def _at_once(self, world: World, drive: Drive) -> World | None:
        """Read and append in one step, if every stream read is in the append and was read once."""
        read: list[int | str] = [drive.job]
        while True:
            call = self._consumers.next(self._consumers.intern(drive))
            if not isinstance(call, Call) or call.name not in _READS:
                return None
            if call.name == "log.append":
                covered = {job_of(one.stream) for one in call.args[0]}
                whole = covered.issuperset(read) and len(set(read)) == len(read)
                return self._appended(world, drive, call) if whole else None
            if call.name == "log.read":
                read.append(job_of(call.args[0]))
            if call.name == "log.slots":
                read.append("slots")
            drive = drive.answered(self._answer(world, call))

    def _answer(self, world: World, call: Call) -> Answer:
        """What a call that changes nothing returns."""
        if call.name == "log.read":
            return Answer(world.clock, version=world.versions[job_of(call.args[0]) - 1])
        return Answer(world.clock, value=self._outside.perform(world, call)[1])

    def _appended(self, world: World, drive: Drive, call: Call) -> World:
        """After an append, refused or not, the drive goes on as one that reads again."""
        try:
            world = self._outside.append(world, call)
        except Conflict as conflict:
            if not self._reductions.restarts:
                return self._goes_on(world, drive.answered(Answer(world.clock, error=conflict)))
            return self._anew(world, drive)
        if not self._reductions.restarts:
            return self._goes_on(world, drive.answered(Answer(world.clock)))
        return self._anew(world, drive, self._begun(world, drive.job, call))

    def _begun(self, world: World, job: int, call: Call) -> tuple[tuple[str, Lease], ...]:
        """The leases of the launches that an append began or resumed."""
        history = self._streams.histories[world.versions[job - 1]]
        events = [event for one in call.args[0] for event in one.events]
        return tuple(one for event in events for one in leases_of(history, event).items())

    def _anew(self, world: World, drive: Drive, begun: tuple[tuple[str, Lease], ...] = ()) -> World:
        """The drive reads its stream again: a nudge, unless it has the lease of a launch."""
        version = world.versions[drive.job - 1]
        state = self._streams.histories[version].state
        has_called = len(drive.answers) > 1
        held = [
            (name, replace(lease, asked=lease.asked or has_called)) for name, lease in drive.leases
        ]
        kept = tuple(
            (name, lease)
            for name, lease in (*held, *begun)
            if (runner := state.runner(name)) and holds(lease, runner)
        )
        if not kept:
            return world.nudge(Nudge(drive.job, drive.role))
        again = Drive(drive.role, drive.job, (Answer(world.clock, version=version),), kept)
        return self._goes_on(world, again)._replace(active=-1)

    def _goes_on(self, world: World, drive: Drive) -> World:
        number = self._consumers.intern(drive)
        found = self._consumers.next(number)
        if isinstance(found, Call):
            active = number if self._model.scenario.grain is Grain.STEPS else -1
            drives = tuple(sorted((*world.drives, number)))
            return world._replace(drives=drives, active=active)
        if isinstance(found, Broke):
            return self._broke(world, drive, found)
        if found.retry_at is None or drive.role is Role.JANITOR:
            return world
        return world.nudge(Nudge(drive.job, drive.role, found.retry_at))

    def _broke(self, world: World, drive: Drive, found: Broke) -> World:
        if not isinstance(found.error, Refused | Unavailable) or isinstance(
            found.error, NoProgressError
        ):
            raise Violation(f"job-{drive.job} can not be driven: {found.error!r}")
        if drive.role is Role.JANITOR:
            return world
        return world.nudge(Nudge(drive.job, drive.role, world.clock + RETRY_SECONDS))

    def tidy(self, world: World) -> World:
        """Turn drives that must read again into nudges; drop nudges that find nothing to do."""
        for number in world.drives if self._reductions.restarts else ():
            drive, call = self._consumers.drives[number], self._consumers.next(number)
            stale = drive.read != world.versions[drive.job - 1]
            refused = isinstance(call, Call) and call.name in ("log.append", "log.slots")
            if stale and refused:
                world = world._replace(drives=without(world.drives, number), active=-1)
                world = self._anew(world, drive)
        for nudge in world.nudges if self._reductions.idle_nudges else ():
            if self._model.ready(world, nudge):
                world = self._look(world, nudge)
        if not (self._model.scenario.left.doubles and self._reductions.known_notices):
            return world
        kept = tuple(one for one in world.notices if not self._is_known(world, one))
        return world if len(kept) == len(world.notices) else world._replace(notices=kept)

    def _look(self, world: World, nudge: Nudge) -> World:
        version = world.versions[nudge.job - 1]
        found = self._consumers.next(self._consumers.fresh(nudge.role, version, world.clock))
        if not isinstance(found, Ended):
            return world
        world = world._replace(nudges=without(world.nudges, nudge))
        if found.retry_at is None or nudge.role is Role.JANITOR:
            return world
        return world.nudge(nudge._replace(after=found.retry_at))

    def _is_known(self, world: World, notice: Notice) -> bool:
        """Whether the log holds the notice already: delivered once more, it changes nothing."""
        return self._model.ingest.deliver(world, notice) == world
