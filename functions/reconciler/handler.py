"""Drives streams in the role of the reconciler: pairing, relaunches, stops. No rule lives here."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from shared.domain.actions import Role
from shared.reporting import fleet_metrics, sent
from shared.wiring.message_handler import MessageHandler, message_handler

logger = Logger(service="reconciler")
metrics = fleet_metrics()


@cache
def wired() -> MessageHandler:
    """Return the consumer. It is created by the first invocation of an execution environment."""
    return message_handler(Role.RECONCILER, os.environ, logger, metrics)


@logger.inject_lambda_context(clear_state=True)
@sent(metrics)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Consume a batch of nudges from `reconciler.fifo`."""
    return wired().handle(event, context)
