"""One seed, from its beginning to its end, and what is told of it."""

import hashlib
from dataclasses import dataclass

from rich.console import Console

from cli.history.timeline import of_job
from cli.render.timeline import drawn
from shared.domain.stream import StreamId
from tests.simulated.memo import memoized
from tests.simulated.names import FLEET
from tests.simulation.watch import Violation, Watch
from tests.simulation.world.ledger import Ledger
from tests.simulation.world.profile import profile_of
from tests.simulation.world.world import World


@dataclass(frozen=True)
class Outcome:
    """What became of a world."""

    seed: int
    profile: str
    jobs: int | None
    world: World
    violations: list[Violation]
    aim: str | None = None

    @property
    def ledger(self) -> Ledger:
        """Which calls were made, and how they were hit."""
        return self.world.calls.ledger

    def trace(self) -> str:
        """A digest of all that was recorded: the same for the same seed."""
        digest = hashlib.sha256()
        for item in self.world.dynamodb.tables[FLEET.events_table].items():
            digest.update(
                f"{item['stream']['S']}/{item['seq']['N']}:{item['body']['S']}\n".encode()
            )
        digest.update(f"{self.world.agenda.micros} {self.world.agenda.done}".encode())
        return digest.hexdigest()

    def replay(self) -> str:
        """The command that runs the same world again."""
        options = [f"--from {self.seed}", f"--profile {self.profile}"]
        if self.jobs:
            options.append(f"--jobs {self.jobs}")
        if self.aim:
            options.append(f"--aim '{self.aim}'")
        return f"python -m tests.simulation.run {' '.join(options)}"

    def report(self) -> str:
        """What was violated, the timeline of the job concerned, and how to see it again."""
        told = [f"seed {self.seed}, profile {self.profile}: {len(self.violations)} violations"]
        told += [f"  {one.at:9.1f} s  {one.rule}: {one.what}" for one in self.violations[:10]]
        jobs = [one.job_id for one in self.violations if one.job_id]
        told += [self._timeline(job_id) for job_id in dict.fromkeys(jobs[:2])]
        told.append(f"again: {self.replay()}")
        return "\n".join(told)

    def _timeline(self, job_id: int) -> str:
        stream = StreamId.of_job(job_id)
        recorded = self.world.log.read(stream)
        if not recorded:
            return f"job {job_id} is not in the log"
        console = Console(width=180, color_system=None, force_terminal=False)
        timeline = of_job(stream, recorded, self.world.agenda.now())
        with console.capture() as captured:
            console.print(*drawn(timeline, console.width), sep="\n")
        return captured.get()


def simulate(
    seed: int,
    profile: str,
    *,
    jobs: int | None = None,
    aim: str | None = None,
) -> Outcome:
    """Run one world to its end."""
    with memoized():
        world = World(seed, profile_of(profile, seed), jobs=jobs, aim=aim)
        violations = Watch(world).run()
    return Outcome(seed, profile, jobs, world, violations, aim)
