"""A Janitor for a simulated fleet, and tasks for its sweeps."""

from datetime import timedelta
from typing import Any

from functions.janitor.sweep import Janitor
from shared.domain.actions import Role
from shared.domain.policy import Placement, Policy
from shared.domain.scope import Offer
from shared.engine.dependencies import Dependencies
from shared.ports import TaskSpec
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.queues import SimulatedQueues

GRACE = 120
"""Seconds."""


def janitor(
    fleet: SimulatedFleet,
    failures: list[str] | None = None,
    deps: Dependencies | None = None,
    queues: SimulatedQueues | None = None,
    **more: Any,
) -> Janitor:
    """Return the fleet's Janitor, with other dependencies if given. It adds to `failures`."""
    told = [] if failures is None else failures
    return Janitor(
        driver=fleet.driver(*Role, deps=deps),
        prefix="fleet",
        grace=timedelta(seconds=GRACE),
        scopes=fleet.policy.runner_scopes,
        max_runners=fleet.policy.max_runners,
        queues=queues or SimulatedQueues(fleet.clock),
        on_failure=lambda subject, _error: told.append(subject),
        **{"offer": Offer(scope=("octo",)), "checkpoints": fleet.checkpoints, **more},
    )


def running_fleet(*job_ids: int, policy: Policy = stories.POLICY) -> SimulatedFleet:
    """Return a fleet whose jobs have a running, idle runner each."""
    fleet = SimulatedFleet(policy)
    fleet.queue(*job_ids)
    fleet.settle()
    fleet.runs(*(f"fleet-{job_id}-1" for job_id in job_ids))
    fleet.settle()
    return fleet


def stray_task(fleet: SimulatedFleet, runner_id: str, token: str = "") -> str:
    """Start a task for a runner with that name, and return its ARN."""
    placement: Placement = stories.POLICY.placement
    return fleet.tasks.run(
        TaskSpec(
            runner_id=runner_id,
            client_token=token or runner_id,
            task_definition=placement.task_definition,
            cpu=512,
            memory=1024,
            capacity="FARGATE",
            subnets=placement.subnets,
            security_groups=placement.security_groups,
            assign_public_ip=False,
            config_reference=fleet.configs.reference("stray"),
        )
    )
