"""Parameters and secrets by reference, from SSM, cached for a short time.

A secret in Secrets Manager is referenced as `/aws/reference/secretsmanager/<name>`. Source: AWS
Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store
parameters".
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from shared.ports import Refused, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

CACHE_SECONDS = 60
"""The maximum delay until a rotated secret or a changed class size takes effect."""


class SsmParameters:
    """`Parameters` from SSM, cached and batched by Powertools' provider."""

    def __init__(self, client: "SSMClient", cache_seconds: int = CACHE_SECONDS) -> None:
        self._provider = SSMProvider(boto3_client=client)
        self._cache_seconds = cache_seconds

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        """See `Parameters.values`."""
        requested: dict[str, dict[str, object]] = {name: {} for name in names}
        try:
            found = self._provider.get_parameters_by_name(
                requested, decrypt=True, max_age=self._cache_seconds
            )
        except GetParameterError as error:
            raise Refused(f"SSM: {error}") from error
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"SSM: {error}") from error
        missing = sorted(requested.keys() - found.keys())
        if missing:  # Powertools ignores some errors of SSM
            raise Unavailable(f"SSM: no answer for {', '.join(missing)}")
        return {name: str(value) for name, value in found.items()}
