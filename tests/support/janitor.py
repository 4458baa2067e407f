"""A Janitor for a fleet in memory, and the tasks and registrations that it is to find."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from functions.janitor.sweep import Janitor
from local.memory.queues import MemoryQueues
from shared.domain.actions import Role
from shared.domain.policy import Placement
from shared.engine.world import World
from shared.ports import TaskSpec
from tests.support import stories
from tests.support.fleet import MemoryFleet

GRACE = 120
"""Seconds."""


def janitor(
    fleet: MemoryFleet,
    failures: list[str] | None = None,
    world: World | None = None,
    queues: MemoryQueues | None = None,
    **more: Any,
) -> Janitor:
    """The fleet's Janitor, maybe in another world; what it fails at is added to `failures`."""
    told = [] if failures is None else failures
    return Janitor(
        driver=fleet.driver(*Role, world=world),
        prefix="fleet",
        grace=timedelta(seconds=GRACE),
        queues=queues or MemoryQueues(fleet.clock),
        on_failure=lambda subject, _error: told.append(subject),
        **more,
    )


def running_fleet(*job_ids: int) -> MemoryFleet:
    """A fleet whose jobs have a runner each, which is up and waits."""
    fleet = MemoryFleet()
    fleet.queue(*job_ids)
    fleet.settle()
    fleet.runs(*(f"fleet-{job_id}-1" for job_id in job_ids))
    fleet.settle()
    return fleet


def live_runners(fleet: MemoryFleet) -> list[str]:
    """The ids of the runners whose tasks are to run, one for each task."""
    return [fleet.tasks.tasks[arn].runner_id for arn in fleet.tasks.live()]


def stray_task(fleet: MemoryFleet, runner_id: str) -> str:
    """A task that somebody started for a runner of that name; its ARN."""
    placement: Placement = stories.POLICY.placement
    return fleet.tasks.run(
        TaskSpec(
            runner_id=runner_id,
            client_token=runner_id,
            task_definition=placement.task_definition,
            cpu=512,
            memory=1024,
            capacity="FARGATE",
            subnets=placement.subnets,
            security_groups=placement.security_groups,
            assign_public_ip=False,
            config_reference="arn:aws:s3:::memory/stray.env",
        )
    )


def twin_task(fleet: MemoryFleet, task_arn: str) -> str:
    """A second task that bears the same runner's name; its ARN."""
    twin = replace(fleet.tasks.tasks[task_arn], task_arn=f"{task_arn}-twin")
    fleet.tasks.tasks[twin.task_arn] = twin
    return twin.task_arn
