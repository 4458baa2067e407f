"""Creates the exceptions that boto3 raises for AWS's error responses."""

from typing import Any

from botocore.exceptions import ClientError


def error(
    code: str, message: str, operation: str, kind: type[ClientError] = ClientError, **more: Any
) -> ClientError:
    """Return an exception. Additional fields are those of the service's model."""
    response: Any = {"Error": {"Code": code, "Message": message}, **more}
    return kind(response, operation)
