"""Fleets with a job that waits, or has no runner, for one cause each."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.stream import StreamId
from shared.ports import TaskSpec
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import build_id, building_fleet


def fleet_with(**policy: Any) -> SimulatedFleet:
    return SimulatedFleet(replace(stories.POLICY, **policy))


def full() -> SimulatedFleet:
    """A fleet of one runner, which job 1 has; jobs 2 and 3 have waited 90 seconds for it."""
    fleet = fleet_with(max_runners=1)
    fleet.queue(1, 2, 3)
    fleet.settle()
    fleet.clock.advance(90)
    return fleet


def broken() -> SimulatedFleet:
    """Two launches broke, so launches are tried one at a time; job 4 waits behind job 2."""
    fleet = fleet_with(circuit_failures=2, max_launches=9)
    fleet.queue(1, 2, 3)
    fleet.settle()
    for runner_id in ("fleet-1-1", "fleet-2-1"):
        fleet.clock.advance(10)
        fleet.exits(runner_id, exit_code=1)
        fleet.settle()
    fleet.clock.advance(5)
    fleet.queue(4)
    fleet.settle()
    return fleet


def image_fails() -> SimulatedFleet:
    """Jobs 1 and 2 were refused, since the build of their image failed."""
    fleet = building_fleet(1, 2)
    fleet.clock.advance(30)
    fleet.ends(build_id(1), "exit status 100")
    fleet.settle()
    return fleet


def launch_fails(error: Exception) -> SimulatedFleet:
    """Every launch fails with this error; that of job 7 has been tried once."""
    fleet = SimulatedFleet()

    def run(_: TaskSpec) -> str:
        raise error

    tasks: Any = fleet.tasks
    tasks.run = run
    fleet.queue(7)
    fleet.driver(*Role).drive(StreamId.of_job(7))
    return fleet


def rate_limited() -> SimulatedFleet:
    """Two launches a minute: jobs 3 and 4 wait for their turns at GitHub."""
    fleet = fleet_with(launches_per_minute=2)
    fleet.queue(1, 2, 3, 4)
    for job_id in (1, 2, 3, 4):
        fleet.driver(*Role).drive(StreamId.of_job(job_id))
    return fleet


def held() -> SimulatedFleet:
    """GitHub holds job 7."""
    fleet = SimulatedFleet()
    fleet.tell(7, e.JobHeld(job=stories.details(), fleet="fleet"))
    fleet.settle()
    return fleet


def given_up() -> SimulatedFleet:
    """The only runner that job 7 may have ended before it took the job."""
    fleet = fleet_with(max_launches=1)
    fleet.queue(7)
    fleet.settle()
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.settle()
    return fleet


def queued() -> SimulatedFleet:
    """Job 7 is queued, and no consumer has acted on it."""
    fleet = SimulatedFleet()
    fleet.queue(7)
    return fleet


def launched() -> SimulatedFleet:
    """ECS has accepted the task of job 7."""
    fleet = queued()
    fleet.settle()
    return fleet


def swapped() -> SimulatedFleet:
    """Job 2 took the runner of job 1, which waits for that of job 2."""
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.runs("fleet-1-1")
    fleet.settle()
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    return fleet


def unchecked() -> SimulatedFleet:
    """The runner of job 7 came up and died, so job 7 may run: its status is to be read."""
    fleet = launched()
    fleet.runs("fleet-7-1")
    fleet.settle()
    fleet.exits("fleet-7-1", exit_code=1)
    return fleet


def reclaimed() -> SimulatedFleet:
    """AWS ended two runners of job 7, so the next launch is delayed."""
    fleet = launched()
    for runner_id in ("fleet-7-1", "fleet-7-2"):
        fleet.clock.advance(20)
        arn = str(fleet.row(runner_id).task_arn)
        fleet.ecs.stop(arn, "TerminationNotice", "taken away")
        fleet.stopped(runner_id)
        _reconcile(fleet)
        if runner_id == "fleet-7-1":
            fleet.settle()
    return fleet


def _reconcile(fleet: SimulatedFleet) -> None:
    fleet.driver(Role.RECONCILER).drive(StreamId.of_job(7))


Make = Callable[[], SimulatedFleet]
