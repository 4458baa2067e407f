"""Stories of runners: launches that fail, tasks that end, limits and stops."""

from typing import Any

from functions.janitor.orphans import orphan_tasks
from functions.janitor.postponed import postponed_launches
from local.github.answers import refused
from local.github.rest import no_faults
from shared.domain import events as e
from shared.domain.actions import Role
from shared.ports import JobView, NoCapacity, NotNow, RateLimited, Refused, Unavailable
from tests.histories.stories.jobs import idle
from tests.histories.story import Story, with_policy
from tests.support.crash import Crasher, CrashError
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import GRACE, janitor, stray_task

_NO_CAPACITY = "RunTask: Capacity is unavailable at this time"


def _fails(port: Any, method: str, *errors: Exception) -> None:
    """The port's method raises these errors, one a call, before it works."""
    works, left = getattr(port, method), list(errors)

    def call(*args: Any) -> Any:
        if left:
            raise left.pop(0)
        return works(*args)

    setattr(port, method, call)


def spot_losses(fleet: SimulatedFleet) -> None:
    """AWS takes three runners away in a row: the later ones wait, and the job is not given up."""
    fleet.queue(7)
    fleet.settle()
    for number in (1, 2, 3):
        fleet.interrupted(f"fleet-7-{number}", "SpotInterruption")
        fleet.settle()


def given_up(fleet: SimulatedFleet) -> None:
    """Two runners die before they took the job, which is as often as the policy allows."""
    fleet.queue(7)
    fleet.settle()
    for number in (1, 2):
        fleet.exits(f"fleet-7-{number}", exit_code=1)
        fleet.settle()


def no_capacity(fleet: SimulatedFleet) -> None:
    """The launch moves along the subnets and capacity providers."""
    _fails(fleet.tasks, "run", *[NoCapacity(_NO_CAPACITY)] * 3)
    fleet.queue(7, labels=("class:large",))
    fleet.settle()


def throttled(fleet: SimulatedFleet) -> None:
    """ECS takes no launch for now, then answers nothing: the same attempt is repeated."""
    _fails(fleet.tasks, "run", NotNow("ECS: ThrottlingException"), Unavailable("no answer"))
    fleet.queue(7)
    fleet.settle()


def refused_by_ecs(fleet: SimulatedFleet) -> None:
    """ECS refuses the launch for good, so the job is refused."""
    _fails(fleet.tasks, "run", Refused("ECS: the overrides are too long"))
    fleet.queue(7)
    fleet.settle()


def held_back_by_the_rate_limit(fleet: SimulatedFleet) -> None:
    """GitHub's rate limit stops one launch; the next one is not even begun."""
    limit = RateLimited("GitHub: 403 You have exceeded a secondary rate limit", 60)
    _fails(fleet.registrations, "mint", limit)
    fleet.queue(7, 8)
    for job_id in (7, 8):
        fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
    fleet.settle()


def resumed_launch(fleet: SimulatedFleet) -> None:
    """The scheduler dies right after RunTask; another invocation goes on after the lease."""
    probe = SimulatedFleet()
    probe.queue(7)
    calls = Crasher()
    probe.settle(crashing=Role.SCHEDULER, deps=calls.deps(probe.deps))
    crasher = Crasher(calls.calls.index("tasks.run"), after=True)
    fleet.queue(7)
    try:
        fleet.driver(Role.SCHEDULER, deps=crasher.deps(fleet.deps)).drive("job-7")
    except CrashError:
        fleet.settle()


def cancelled_after_a_failed_launch(fleet: SimulatedFleet) -> None:
    """The launch waits for its next attempt when the job is cancelled."""
    _fails(fleet.tasks, "run", NotNow("no vCPUs", retry_after=600))
    fleet.queue(7)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    fleet.completes(7, None, "cancelled")
    fleet.settle()


def failed_after_a_swap(fleet: SimulatedFleet) -> None:
    """A launch fails after its runner went to another job, which gets a runner of its own."""
    fleet.queue(1, 2)
    _fails(fleet.tasks, "run", Unavailable("no answer"))
    for job_id in (1, 2):
        fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
    fleet.runs("fleet-2-1")
    fleet.starts(1, "fleet-2-1")
    fleet.driver(Role.RECONCILER).drive("job-1")
    _fails(fleet.tasks, "run", NoCapacity(_NO_CAPACITY))
    fleet.settle()


def did_not_come_up(fleet: SimulatedFleet) -> None:
    """A task does not run within its limit: it is stopped and replaced."""
    fleet.queue(7)
    fleet.settle()
    fleet.clock.advance(301)
    fleet.sweep()
    fleet.stopped("fleet-7-1")
    fleet.settle()


def idle_for_too_long(fleet: SimulatedFleet) -> None:
    """A runner takes no job within its limit, and GitHub says that the job is still queued."""
    idle(fleet, 7)
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    fleet.clock.advance(301)
    fleet.sweep()
    fleet.stopped("fleet-7-1")
    fleet.settle()


def busy_without_a_webhook(fleet: SimulatedFleet) -> None:
    """GitHub calls the idle runner busy when it is to be stopped, and it dies of its own."""
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    fleet.registrations.set_busy("fleet-7-1")
    fleet.clock.advance(301)
    fleet.sweep()
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.settle()


def ttl(fleet: SimulatedFleet) -> None:
    """A busy runner is stopped since its time is over."""
    idle(fleet, 7)
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.clock.advance(7201)
    fleet.sweep()
    fleet.stopped("fleet-7-1")
    fleet.settle()


def does_not_exit(fleet: SimulatedFleet) -> None:
    """A runner is still there a minute after its job."""
    idle(fleet, 7)
    fleet.starts(7, "fleet-7-1")
    fleet.completes(7, "fleet-7-1")
    fleet.settle()
    fleet.clock.advance(61)
    fleet.sweep()
    fleet.stopped("fleet-7-1")
    fleet.settle()


def lost_end_of_a_task(fleet: SimulatedFleet) -> None:
    """The event of a stopped task is lost: ECS is asked."""
    idle(fleet, 7)
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    fleet.clock.advance(121)
    fleet.sweep()


def stopped_by_an_operator(fleet: SimulatedFleet) -> None:
    """An operator stops the idle runner; the job, which GitHub has queued, gets another one."""
    idle(fleet, 7)
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    fact = e.StopIntended(runner_id="fleet-7-1", reason="asked by an operator", by_operator=True)
    fleet.tell(7, fact)
    fleet.settle()
    fleet.stopped("fleet-7-1")
    fleet.settle()


def stopped_by_force(fleet: SimulatedFleet) -> None:
    """An operator's stop leaves the busy runner alone; by force it does not."""
    idle(fleet, 7)
    fleet.starts(7, "fleet-7-1")
    for forced in (False, True):
        fact = e.StopIntended(
            runner_id="fleet-7-1", reason="asked by an operator", forced=forced, by_operator=True
        )
        fleet.tell(7, fact)
        fleet.settle()
    fleet.stopped("fleet-7-1")
    fleet.completes(7, "fleet-7-1", "failure")
    fleet.settle()


def removed_registration(fleet: SimulatedFleet) -> None:
    """GitHub has the idle runner registered, and later has removed it."""
    idle(fleet, 7)
    fleet.clock.advance(121)
    fleet.sweep()
    fleet.registrations.ended("fleet-7-1")
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    fleet.clock.advance(121)
    fleet.sweep()
    fleet.exits("fleet-7-1", exit_code=66)
    fleet.settle()


def orphan(fleet: SimulatedFleet) -> None:
    """A task runs for a runner of job 7 that the log does not have."""
    idle(fleet, 7)
    stray_task(fleet, "fleet-7-9")
    fleet.clock.advance(GRACE)
    orphan_tasks(janitor(fleet))


def github_down_and_up(fleet: SimulatedFleet) -> None:
    """GitHub does not answer, so that the launch backs off until the Janitor sees it answer."""
    fleet.registrations.rest.faults = lambda _: refused(503, "Service unavailable")
    fleet.queue(7)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    mine = janitor(fleet)
    postponed_launches(mine)
    fleet.registrations.rest.faults = no_faults
    postponed_launches(mine)
    fleet.serves(7)


STORIES: list[Story] = [
    *with_policy(
        "plain",
        (
            spot_losses,
            throttled,
            refused_by_ecs,
            held_back_by_the_rate_limit,
            resumed_launch,
            cancelled_after_a_failed_launch,
            failed_after_a_swap,
            did_not_come_up,
            idle_for_too_long,
            busy_without_a_webhook,
            ttl,
            does_not_exit,
            lost_end_of_a_task,
            stopped_by_an_operator,
            stopped_by_force,
            removed_registration,
            orphan,
            github_down_and_up,
        ),
    ),
    *with_policy("two launches", (given_up,)),
    *with_policy("two subnets", (no_capacity,)),
]
