"""Validates requests to AWS against botocore's service models and rules from AWS's documentation.

The functions are pure and take service, operation and parameters. `local.aws.server`, the boto3
clients of the tests and the simulated clients call them.
"""

from local.aws.validation.judge import judge
from local.aws.validation.problems import Problem

__all__ = ["Problem", "judge"]
