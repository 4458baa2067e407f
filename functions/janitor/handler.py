"""Runs all sweeps on a schedule, and reports the results. No rule lives here."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.janitor.dead_letters import dead_letters
from functions.janitor.deadlines import deadlines
from functions.janitor.deliveries import failed_deliveries
from functions.janitor.ghosts import ghost_registrations
from functions.janitor.github_jobs import jobs_at_github
from functions.janitor.images import awaited_images, unused_images
from functions.janitor.live_runners import live_runners
from functions.janitor.long_waits import long_waits
from functions.janitor.memory import SharedRows
from functions.janitor.orphans import orphan_tasks
from functions.janitor.postponed import postponed_launches
from functions.janitor.runner_version import runner_version
from functions.janitor.sweep import ACTOR, BUDGET, Janitor, Sweep, Swept, is_hour_of, run
from functions.janitor.vanished import vanished_tasks
from functions.janitor.waiting import waiting_jobs
from shared import settings
from shared.adapters.checkpoints import DynamoCheckpoints
from shared.adapters.queues import SqsQueues
from shared.domain.actions import Role
from shared.domain.labels import OFFERED
from shared.domain.scope import Offer, check_scope
from shared.engine.drive import Driver
from shared.ports import Deliveries, Parameters
from shared.ports.queues import dead_letters_of
from shared.reporting import (
    COUNTED,
    fleet_metrics,
    observe,
    rate_limit,
    sent,
    unreadable,
)
from shared.wiring.backends import REAL, Backends
from shared.wiring.dependencies import dependencies
from shared.wiring.github import deliveries
from shared.wiring.policy import FleetSettings

logger = Logger(service="janitor")
metrics = fleet_metrics()
RESERVE = 10.0
"""Seconds of the function's time that are reserved for the report."""
MEASURING = 0
"""The hour in which the age of the runner's version, in days, is sent. See `is_hour_of`."""

SWEEPS: Mapping[str, Sweep] = {
    "Deadlines": deadlines,
    "VanishedTasks": vanished_tasks,
    "OrphanTasks": orphan_tasks,
    "GhostRegistrations": ghost_registrations,
    "AwaitedImages": awaited_images,
    "UnusedImages": unused_images,
    "WaitingJobs": waiting_jobs,
    "PostponedLaunches": postponed_launches,
    "LongWaits": long_waits,
    "FailedDeliveries": failed_deliveries,
    "JobsAtGitHub": jobs_at_github,
    "RunnerVersion": runner_version,
    "DeadLetters": dead_letters,
}
"""The sweeps by name."""
LAUNCHES = {**COUNTED, "LaunchIntended": "JanitorLaunches"}
"""The metrics of events: a launch by the Janitor has an alarm, since the scheduler should have."""


class JanitorSettings(FleetSettings, frozen=True, kw_only=True):
    """The environment of the Janitor, which also reads the dead-letter queues.

    `github_scope` and `offered_labels` are those of ingest: see `Offer`. `webhook_url` is the URL
    to which GitHub sends webhooks; without it, failed deliveries are not requested again.
    `runner_version` is that of GitHub's runner in the images; `runner_version_released` is a day,
    YYYY-MM-DD.
    """

    scheduler_dead_letter_url: str
    reconciler_dead_letter_url: str
    github_scope: tuple[str, ...]
    offered_labels: tuple[str, ...] = OFFERED
    webhook_url: str = ""
    runner_version_released: date | None = None
    runner_version: str = ""

    def __post_init__(self) -> None:
        """Refuse an invalid scope."""
        super().__post_init__()
        check_scope(self.github_scope)


@cache
def wired() -> Janitor:
    """Return the Janitor. It is created by the first invocation of an execution environment."""
    return wire(os.environ, logger, metrics)


def wire(
    environment: Mapping[str, str], logger: Logger, metrics: Metrics, backends: Backends = REAL
) -> Janitor:
    """Return the Janitor, wired to AWS and GitHub.

    Raises:
        SettingsError: variables are missing or wrong.
    """
    mine = settings.load(JanitorSettings, environment)
    parameters, limits = backends.parameters(), rate_limit(logger, backends.clock)
    deps = dependencies(mine, backends, parameters, limits, unreadable(logger, metrics))
    driver = Driver(
        deps=deps,
        actor=ACTOR,
        roles=tuple(Role),
        returns=False,
        on_event=observe(logger, metrics, LAUNCHES),
    )
    return Janitor(
        driver=driver,
        prefix=mine.prefix,
        queues=SqsQueues(
            backends.clients.sqs(),
            {
                dead_letters_of("scheduler"): mine.scheduler_dead_letter_url,
                dead_letters_of("reconciler"): mine.reconciler_dead_letter_url,
            },
        ),
        grace=timedelta(seconds=mine.orphan_grace_seconds),
        scopes=mine.runner_scopes,
        deliveries=_deliveries(mine, backends, parameters, limits),
        checkpoints=DynamoCheckpoints(backends.clients.dynamodb(), mine.runner_table),
        offer=Offer(scope=mine.github_scope, labels=mine.offered_labels),
        max_runners=mine.max_runners,
        runner_released=mine.runner_version_released,
        runner_version=mine.runner_version,
        measure=lambda name, value: metrics.add_metric(name, MetricUnit.Count, value),
        on_failure=partial(_report, logger),
    )


def _deliveries(
    mine: JanitorSettings,
    backends: Backends,
    parameters: Parameters,
    limits: Callable[[str, int], None],
) -> Deliveries | None:
    if not mine.webhook_url:
        return None
    return deliveries(
        mine,
        parameters,
        backends,
        limits,
        url=mine.webhook_url,
        served=mine.github_scope,
    )


@logger.inject_lambda_context(clear_state=True)
@sent(metrics)
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Run all sweeps. If anything failed, raise at the end, so that Lambda reports and retries."""
    return _sweep(wired(), context.get_remaining_time_in_millis() / 1000)


def _sweep(janitor: Janitor, remaining: float) -> dict[str, int]:
    if (age := janitor.runner_age()) is not None and is_hour_of(MEASURING, janitor.now()):
        metrics.add_metric("RunnerVersionAgeDays", MetricUnit.Count, age.days)
    read = SharedRows()
    swept = run(replace(janitor, read=read), SWEEPS, min(BUDGET, remaining - RESERVE))
    if read.live and read.live.rows:
        counts = live_runners(read.live.rows)
        logger.info("live runners", **counts, max_runners=janitor.max_runners)
    for name, one in swept.items():
        if one != Swept():
            logger.info(
                "swept",
                sweep=name,
                found=one.found,
                repaired=one.repaired,
                failed=len(one.failed),
                skipped=one.skipped,
            )
    failed = [f"{name}: {what}" for name, one in swept.items() for what in one.failed]
    if failed:
        raise SweepFailedError(f"{len(failed)} failed, such as {', '.join(failed[:10])}")
    return {name: one.repaired for name, one in swept.items()}


class SweepFailedError(RuntimeError):
    """Some items could not be checked or repaired. All others were."""


def _report(logger: Logger, subject: str, error: Exception) -> None:
    with logger.append_context_keys(subject=subject):
        logger.error("the sweep failed for this subject", exc_info=error)
