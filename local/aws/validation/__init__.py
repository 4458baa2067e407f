"""Would AWS accept a request? Judged by botocore's service models and by documented rules.

Pure functions on (service, operation, parameters); who asks is in `local.aws.server`, in the tests'
boto3 clients and in the simulated clients.
"""

from local.aws.validation.judge import judge
from local.aws.validation.problems import Problem

__all__ = ["Problem", "judge"]
