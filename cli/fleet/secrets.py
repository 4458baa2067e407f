"""Stores secrets in SSM parameters of the type SecureString, and lists which of them exist.

`ecsrunner` reads no stored secret here, and prints none.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class Secrets(Protocol):
    """The parameters that hold secrets."""

    def existing(self, names: Iterable[str]) -> list[str]:
        """Return those of the names that are in use."""
        ...

    def store(
        self, name: str, value: str, *, description: str, kms_key_id: str | None, overwrite: bool
    ) -> None:
        """Write one parameter.

        Args:
            kms_key_id: The KMS key that encrypts it; None for the key of the account,
                `alias/aws/ssm`.
            overwrite: Whether to replace the parameter if it exists; else that is an error.
        """
        ...


class SsmSecrets:
    """`Secrets` at SSM. Source: AWS Systems Manager API Reference, `PutParameter`."""

    def __init__(self, client: "SSMClient") -> None:
        self._client = client

    def existing(self, names: Iterable[str]) -> list[str]:
        """See `Secrets.existing`. The values are not decrypted."""
        wanted = list(names)
        unknown = self._client.get_parameters(Names=wanted)["InvalidParameters"]
        return [name for name in wanted if name not in unknown]

    def store(
        self, name: str, value: str, *, description: str, kms_key_id: str | None, overwrite: bool
    ) -> None:
        """See `Secrets.store`."""
        key: Any = {"KeyId": kms_key_id} if kms_key_id else {}
        self._client.put_parameter(
            Name=name,
            Description=description,
            Value=value,
            Type="SecureString",
            Overwrite=overwrite,
            **key,
        )
