"""Creates AWS clients and formats their errors."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# The type stubs accept only literal service names.
_client: Any = boto3.client


def clients(region: str, endpoint: str | None) -> Callable[[str], Any]:
    """Return a function that creates one client per service and reuses it."""
    made: dict[str, Any] = {}
    config = Config(
        retries={"mode": "standard", "max_attempts": 3}, connect_timeout=10, read_timeout=60
    )

    def client(service: str) -> Any:
        if service not in made:
            made[service] = _client(
                service, region_name=region, endpoint_url=endpoint, config=config
            )
        return made[service]

    return client


def code(error: Exception) -> str:
    """Return AWS's error code, or an empty string."""
    if not isinstance(error, ClientError):
        return ""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: Exception) -> bool:
    """Return whether the error means that the resource does not exist."""
    found = code(error)
    return any(word in found for word in ("NotFound", "NoSuch", "404"))


def explained(error: Exception) -> str:
    """Return the error on one line."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        return " ".join(f"{details.get('Code', 'unknown')}: {details.get('Message', '')}".split())
    return " ".join(str(error).split())
