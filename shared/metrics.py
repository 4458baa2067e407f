"""The namespace and the dimensions of the functions' metrics.

Powertools writes metrics to the log in CloudWatch's embedded metric format. Each module adds its
own metrics.
"""

import os
from collections.abc import Mapping

from aws_lambda_powertools import Metrics

NAMESPACE = "EcsRunnerFleet"


def fleet_metrics(service: str, environment: Mapping[str, str] = os.environ) -> Metrics:
    """Return metrics with the dimensions `service` and `fleet`, which is the fleet's PREFIX.

    They are created before the settings are loaded, so a missing PREFIX is no error here: the
    settings report it.
    """
    metrics = Metrics(namespace=NAMESPACE, service=service)
    metrics.set_default_dimensions(fleet=environment.get("PREFIX") or "unnamed")
    return metrics
