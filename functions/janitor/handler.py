"""Enforces deadlines, on a schedule. Parses, wires, runs the sweeps; no rule lives here."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.janitor.sweeps import Swept, deadlines
from shared import settings
from shared.adapters import clients
from shared.adapters.dynamodb import DynamoRunnersTable
from shared.domain.actions import Role
from shared.engine.drive import Driver
from shared.wiring.consumer import observe, stream_keys
from shared.wiring.fleet import FleetSettings, world

logger = Logger(service="janitor")
metrics = Metrics(namespace="EcsRunnerFleet", service="janitor")


@cache
def sweeps() -> tuple[Callable[[], Swept], ...]:
    """The wired sweeps, made by the first invocation of an environment and kept."""
    mine = settings.load(FleetSettings, os.environ)
    fleet = world(mine)
    table = DynamoRunnersTable(clients.dynamodb(), mine.runner_table)
    driver = Driver(
        world=fleet, actor="janitor", roles=tuple(Role), on_event=observe(logger, metrics)
    )
    return (lambda: deadlines(table, driver, fleet.clock.now(), _report),)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Run every sweep; fail at the end if one did, so that the failure is seen and retried."""
    swept = [sweep() for sweep in sweeps()]
    for one in swept:
        metrics.add_metric(f"{one.name}Driven", MetricUnit.Count, one.driven)
        metrics.add_metric(f"{one.name}Failed", MetricUnit.Count, len(one.failed))
    failed = [stream for one in swept for stream in one.failed]
    if failed:
        raise SweepFailedError(
            f"{len(failed)} streams could not be driven: {', '.join(failed[:10])}"
        )
    return {one.name: one.driven for one in swept}


class SweepFailedError(RuntimeError):
    """Some streams could not be driven; all others were."""


def _report(stream: str, error: Exception) -> None:
    with logger.append_context_keys(**stream_keys(stream)):
        logger.error("the stream could not be driven", exc_info=error)
