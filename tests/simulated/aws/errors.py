"""AWS's refusals as boto3 raises them."""

from typing import Any

from botocore.exceptions import ClientError


def error(
    code: str, message: str, operation: str, kind: type[ClientError] = ClientError, **more: Any
) -> ClientError:
    """A refusal; further fields are those that the service's own model has."""
    response: Any = {"Error": {"Code": code, "Message": message}, **more}
    return kind(response, operation)
