"""What happens outside the control plane: at GitHub, at ECS, to notices, and as time passes."""

from tests.simulation.explore.model import Model
from tests.simulation.explore.outside import stopped
from tests.simulation.explore.world import (
    FINISHED,
    REMOVED,
    Conclusion,
    End,
    Job,
    Kind,
    Notice,
    Nudge,
    Phase,
    Role,
    Runner,
    Task,
    World,
    without,
)


class Happenings:
    """The world after each such move."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def deliver(self, world: World, notice: Notice) -> World:
        world = world._replace(notices=without(world.notices, notice))
        return self._model.ingest.deliver(world, notice)

    def double(self, world: World, notice: Notice) -> World:
        return self._model.ingest.deliver(world.spend("doubles"), notice)

    def lose(self, world: World, notice: Notice) -> World:
        world = world.spend("losses")._replace(notices=without(world.notices, notice))
        # A lost webhook may be redelivered later; a lost event of ECS never is.
        again = notice.kind not in (Kind.TASK_RUNNING, Kind.TASK_STOPPED)
        return world._replace(lost=tuple(sorted((*world.lost, notice)))) if again else world

    def nudge(self, world: World, job: int, role: Role) -> World:
        return world.spend("doubles").nudge(Nudge(job, role))

    def sweep(self, world: World, job: int) -> World:
        return world.nudge(Nudge(job, Role.JANITOR))

    def wait(self, world: World, period: int) -> World:
        """No drive is searched that lasts longer than a period: those under way end as nudges."""
        for number in world.drives:
            drive = self._model.consumers.drives[number]
            if drive.role is not Role.JANITOR:
                world = world.nudge(Nudge(drive.job, drive.role))
        return world.spend("waits")._replace(clock=world.clock + period, drives=(), active=-1)

    def start(self, world: World, runner: Runner) -> World:
        world = world.put(runner._replace(task=Task.RUNNING, uses=runner.config))
        return world.send(Notice(Kind.TASK_RUNNING, runner.home, *runner[:2], world.clock))

    def exit(self, world: World, runner: Runner) -> World:
        return stopped(world, runner, End.JOBLESS if runner.busy == REMOVED else End.EXITED)

    def remove(self, world: World, runner: Runner) -> World:
        """GitHub removes an idle runner, whose process then ends."""
        return world.spend("removals").put(runner._replace(registered=0, busy=REMOVED))

    def hold(self, world: World, number: int) -> World:
        world = world.spend("holds").put_job(number, Job(Phase.HELD))
        return world.send(Notice(Kind.HELD, number, 0, 0, world.clock))

    def approve(self, world: World, number: int) -> World:
        world = world.put_job(number, Job(Phase.QUEUED))
        return world.send(Notice(Kind.APPROVED, number, 0, 0, world.clock))

    def die(self, world: World, runner: Runner) -> World:
        end = End.NOT_STARTED if runner.task is Task.PROVISIONING else End.DIED
        return stopped(world.spend("deaths"), runner, end)

    def assign(self, world: World, runner: Runner, number: int) -> World:
        world = world.put(runner._replace(busy=number))
        world = world.put_job(number, Job(Phase.RUNNING, *runner[:2]))
        return world.send(Notice(Kind.STARTED, number, *runner[:2], world.clock))

    def complete(self, world: World, runner: Runner) -> World:
        world = self._over(world, runner, Conclusion.SUCCESS)
        return world if self._model.patient else self.exit(world, world.runner(*runner[:2]))

    def fail(self, world: World, runner: Runner) -> World:
        return self._over(world, runner, Conclusion.FAILURE)

    def cancel(self, world: World, number: int) -> World:
        conclusion = Conclusion.CANCELLED
        world = world.spend("cancels").put_job(number, Job(Phase.ENDED, 0, 0, conclusion))
        return world.send(Notice(Kind.COMPLETED, number, 0, 0, world.clock, conclusion))

    def _over(self, world: World, runner: Runner, conclusion: Conclusion) -> World:
        """GitHub removes an ephemeral runner when its job ends."""
        job = runner.busy
        world = world.put(runner._replace(busy=FINISHED, registered=0))
        world = world.put_job(job, Job(Phase.ENDED, *runner[:2], conclusion))
        notice = Notice(Kind.COMPLETED, job, *runner[:2], world.clock, conclusion)
        return world.send(notice)

    def start_all(self, world: World) -> World:
        for runner in world.runners:
            if runner.task is Task.PROVISIONING:
                world = self.start(world, runner)
        return world
