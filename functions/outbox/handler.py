"""Sends nudges for new events, from the stream of the events table. No rule lives here."""

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from msgspec import Struct

from functions.outbox.forward import Outbox
from shared import settings
from shared.adapters import clients
from shared.metrics import fleet_metrics

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = Logger(service="outbox")
metrics = fleet_metrics("outbox")


class OutboxSettings(Struct, frozen=True, kw_only=True):
    """The environment of the outbox: the fleet's prefix and the URLs of the two queues."""

    prefix: str
    scheduler_queue_url: str
    reconciler_queue_url: str


@cache
def wired() -> Outbox:
    """Return the outbox. It is created by the first invocation of an execution environment."""
    return wire(os.environ, clients.sqs(), logger, metrics)


def wire(
    environment: Mapping[str, str], sqs: "SQSClient", logger: Logger, metrics: Metrics
) -> Outbox:
    """Return the outbox with that client.

    Raises:
        SettingsError: variables are missing or wrong.
    """
    mine = settings.load(OutboxSettings, environment)
    urls = {"scheduler": mine.scheduler_queue_url, "reconciler": mine.reconciler_queue_url}
    return Outbox(sqs=sqs, urls=urls, logger=logger, metrics=metrics)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Forward a batch of records. Metrics are sent only if there are any."""
    try:
        return dict(wired().forward(event))
    finally:
        if metrics.metric_set:
            metrics.flush_metrics()
