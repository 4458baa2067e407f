"""Sends nudges and notices of new events, from the events table's stream. No rule lives here."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from msgspec import Struct

from functions.outbox.forward import Outbox
from functions.outbox.notices import Bus
from shared import settings
from shared.adapters import clients
from shared.adapters.clients import Clients
from shared.reporting import fleet_metrics, sent

logger = Logger(service="outbox")
metrics = fleet_metrics()


class OutboxSettings(Struct, frozen=True, kw_only=True):
    """The environment of the outbox: names of the fleet and its bus, and the queues' URLs."""

    prefix: str
    event_bus_name: str
    scheduler_queue_url: str
    reconciler_queue_url: str
    undelivered_url: str


@cache
def wired() -> Outbox:
    """Return the outbox. It is created by the first invocation of an execution environment."""
    return wire(os.environ, clients, logger, metrics)


def wire(
    environment: Mapping[str, str], clients: Clients, logger: Logger, metrics: Metrics
) -> Outbox:
    """Return the outbox with those clients.

    Raises:
        SettingsError: variables are missing or wrong.
    """
    mine = settings.load(OutboxSettings, environment)
    urls = {"scheduler": mine.scheduler_queue_url, "reconciler": mine.reconciler_queue_url}
    return Outbox(
        sqs=clients.sqs(),
        urls=urls,
        bus=Bus(clients.events, mine.event_bus_name),
        undelivered=mine.undelivered_url,
        logger=logger,
        metrics=metrics,
    )


@logger.inject_lambda_context(clear_state=True)
@sent(metrics)
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Forward a batch of records."""
    return dict(wired().forward(event))
