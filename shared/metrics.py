"""The functions' metrics: their namespace, and what tells one function's and one fleet's apart.

Powertools writes them to the log as CloudWatch reads them. What is counted is each room's business.
"""

import os
from collections.abc import Mapping

from aws_lambda_powertools import Metrics

NAMESPACE = "EcsRunnerFleet"


def fleet_metrics(service: str, environment: Mapping[str, str] = os.environ) -> Metrics:
    """Metrics with the dimensions `service` and `fleet`, which is the fleet's PREFIX.

    It is made when a function is loaded, before its settings are, which name what they lack.
    """
    metrics = Metrics(namespace=NAMESPACE, service=service)
    metrics.set_default_dimensions(fleet=environment.get("PREFIX") or "unnamed")
    return metrics
