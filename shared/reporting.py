"""What functions report: a line of the log for each event, a metric for what has an alarm.

A metric is charged for each hour in which it is sent, a line of the log next to nothing. So only
what an alarm watches, or what should not happen, is a metric, and the dashboard counts lines of the
log, with the figures of `shared.measures`. Source: Amazon CloudWatch Pricing, "Metrics".
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.domain.events import Event, SlotFreed
from shared.domain.runner.deadlines import is_ttl_stop
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from shared.measures import measures
from shared.ports import Clock

if TYPE_CHECKING:
    from shared.engine.transact import AnyHistory, OnEvent

NAMESPACE = "EcsRunnerFleet"
COUNTED: Mapping[str, str] = {"LaunchFailed": "LaunchFailed"}
"""The metrics of types of events."""
_RATE_LIMIT_INTERVAL = timedelta(minutes=1)


def fleet_metrics(environment: Mapping[str, str] = os.environ) -> Metrics:
    """Return metrics with the dimension `fleet`, which is the fleet's PREFIX.

    They are created before the settings are loaded, so a missing PREFIX is no error here: the
    settings report it. Which function sent a metric, its log tells.
    """
    metrics = Metrics(namespace=NAMESPACE)
    metrics.set_default_dimensions(fleet=environment.get("PREFIX") or "unnamed")
    return metrics


def count(metrics: Metrics, name: str) -> None:
    """Count something once."""
    metrics.add_metric(name, MetricUnit.Count, 1)


@contextmanager
def sent(metrics: Metrics) -> Iterator[None]:
    """Send the metrics of an invocation, if there are any, whether or not it fails."""
    try:
        yield
    finally:
        if metrics.metric_set:
            metrics.flush_metrics()


def observe(logger: Logger, metrics: Metrics, counted: Mapping[str, str] = COUNTED) -> "OnEvent":
    """Return a callback that logs each event that was appended, with its figures.

    Args:
        counted: The metrics of types of events.
    """

    def seen(before: "AnyHistory", after: "AnyHistory", event: Event) -> None:
        runner_id = getattr(event.fact, "runner_id", None)
        reason = getattr(event.fact, "reason", None)
        figures = _figures(logger, before, after, event)
        with logger.append_context_keys(**stream_keys(after.stream, runner_id)):
            logger.info(event.type, event_id=event.id, reason=reason, **figures)
            if isinstance(event.fact, SlotFreed) and event.fact.circuit_opened:
                logger.error("circuit breaker opened: launches are tried one at a time")
                count(metrics, "CircuitOpened")
        if event.type in counted:
            count(metrics, counted[event.type])
        if is_ttl_stop(event.fact):
            count(metrics, "TtlStops")

    return seen


def _figures(
    logger: Logger, before: "AnyHistory", after: "AnyHistory", event: Event
) -> dict[str, Any]:
    """Return the figures of an event that is in the log already, whose effects must not wait."""
    try:
        return measures(before.state, after.state, event)
    except Exception:
        logger.exception("the figures of an event could not be computed", event_id=event.id)
        return {}


def unreadable(logger: Logger, metrics: Metrics) -> Callable[[Unreadable], None]:
    """Return a callback that logs and counts each item that can't be read. It has an alarm."""

    def seen(error: Unreadable) -> None:
        logger.error("left out because it can't be read", key=error.key, reason=error.problem)
        count(metrics, "Unreadable")

    return seen


def rate_limit(logger: Logger, clock: Clock) -> Callable[[str, int], None]:
    """Return a callback that logs how many requests GitHub's rate limit still allows.

    GitHub counts by resource. Each is logged once a minute at most.
    """
    logged: dict[str, datetime] = {}

    def seen(resource: str, remaining: int) -> None:
        now = clock.now()
        if resource not in logged or now - logged[resource] >= _RATE_LIMIT_INTERVAL:
            logged[resource] = now
            logger.info("rate limit of GitHub", resource=resource, remaining=remaining)

    return seen


def stream_keys(stream: str, runner_id: str | None = None) -> dict[str, Any]:
    """Return the keys of every log line about a stream."""
    return {"stream": stream, "job_id": StreamId(stream).job_id, "runner_id": runner_id}
