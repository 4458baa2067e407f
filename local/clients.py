"""Creates the boto3 clients of the local stack, and the AWS environment of other processes."""

from typing import Any

import boto3
from botocore.config import Config

from local.lambdas.function import REGION

# The type stubs accept only literal service names, and no application id.
_client: Any = boto3.client
_config: Any = Config


class Clients:
    """Creates clients for one endpoint. Each sends its caller as application id, to count calls."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._made: list[Any] = []

    def make(self, service: str, caller: str = "stack") -> Any:
        """Return a client for `service`, such as `sqs`."""
        client = _client(
            service,
            endpoint_url=self._endpoint,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - moto takes any
            config=_config(user_agent_appid=caller, max_pool_connections=20, tcp_keepalive=True),
        )
        self._made.append(client)
        return client

    def close(self) -> None:
        """Close the connections of all clients."""
        for client in self._made:
            client.close()


def variables(endpoint: str, caller: str) -> dict[str, str]:
    """Return the environment variables with which an AWS SDK uses the endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SDK_UA_APP_ID": caller,
    }
