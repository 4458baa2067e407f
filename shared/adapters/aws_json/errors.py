"""The errors of a call. `shared.adapters.aws_errors` translates them as it does botocore's."""

from collections.abc import Mapping
from typing import Any


class NoAnswerError(Exception):
    """AWS did not answer, or answered with something else than JSON."""


class AnsweredError(Exception):
    """AWS answered with an error.

    Attributes:
        response: The error in the shape of `botocore.exceptions.ClientError.response`.
    """

    def __init__(self, operation: str, status: int, fields: Mapping[str, Any]) -> None:
        code = str(fields.get("__type", "")).rpartition("#")[2] or str(status)
        text = str(fields.get("message") or fields.get("Message") or "no message")
        super().__init__(
            f"An error occurred ({code}) when calling the {operation} operation: {text}"
        )
        self.response: dict[str, Any] = {
            **fields,
            "Error": {"Code": code, "Message": text},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }

    @property
    def code(self) -> str:
        """AWS's code, such as `ThrottlingException`."""
        return str(self.response["Error"]["Code"])

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.response["ResponseMetadata"]["HTTPStatusCode"])
