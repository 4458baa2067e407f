"""Parameters and secrets by reference, from SSM, cached for a short time.

A secret in Secrets Manager is referenced as `/aws/reference/secretsmanager/<name>`. Source: AWS
Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store
parameters".
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from shared.adapters.aws_errors import aws_errors
from shared.ports import Refused, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

    from shared.adapters.aws_json.ssm import JsonSsm

CACHE_SECONDS = 60
"""The maximum delay until a rotated secret or a changed class size takes effect."""
_MOST_NAMES = 10
"""Names in a call. Source: AWS Systems Manager API Reference, GetParameters, `Names`."""


class SsmParameters:
    """`Parameters` from SSM, cached by name.

    A call also reads again what it has room for: other cached values that are too old by now.

    Args:
        seconds: The clock of the cache.
    """

    def __init__(
        self,
        client: "SSMClient | JsonSsm",
        cache_seconds: int = CACHE_SECONDS,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._cache_seconds = cache_seconds
        self._seconds = seconds
        self._read_at: dict[str, float] = {}
        self._values: dict[str, str] = {}

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        """See `Parameters.values`."""
        requested = list(dict.fromkeys(names))
        oldest = self._seconds() - self._cache_seconds
        to_read = [name for name in requested if self._read_at.get(name, oldest) <= oldest]
        for batch in _batches(to_read):
            self._read(batch, oldest)
        return {name: self._values[name] for name in requested}

    def _read(self, names: list[str], oldest: float) -> None:
        others = (name for name, at in self._read_at.items() if at <= oldest and name not in names)
        asked = [*names, *others][:_MOST_NAMES]
        try:
            answer = self._client.get_parameters(Names=asked, WithDecryption=True)
        except aws_errors() as error:
            raise Unavailable(f"SSM: {error}") from error
        if unknown := set(names) & set(answer.get("InvalidParameters", ())):
            raise Refused(f"SSM: no such parameter: {', '.join(sorted(unknown))}")
        found = {one["Name"]: one["Value"] for one in answer["Parameters"]}
        if missing := sorted(set(names) - found.keys()):
            raise Unavailable(f"SSM: no answer for {', '.join(missing)}")
        now = self._seconds()
        self._values |= found
        self._read_at |= dict.fromkeys(found, now)


def _batches(names: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(names), _MOST_NAMES):
        yield names[begin : begin + _MOST_NAMES]
