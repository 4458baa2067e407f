"""DynamoDB's errors as those of the ports."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from shared.ports import Conflict, Unavailable

_THROTTLED = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
)
_LOST = {"ConditionalCheckFailed", "TransactionConflict"}
_BUSY = {"ThrottlingError", "ProvisionedThroughputExceeded"}


@contextmanager
def translating() -> Iterator[None]:
    """Translate botocore errors to port errors."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise _translated(error) from error


def is_condition_failed(error: BotoCoreError | ClientError) -> bool:
    """Whether a write was refused because its condition does not hold."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return code == "ConditionalCheckFailedException"


def _translated(error: BotoCoreError | ClientError) -> Exception:
    """The port's own error for what DynamoDB said; what it has no word for stays as it is."""
    if isinstance(error, BotoCoreError):
        return Unavailable(f"DynamoDB: {error}")
    code = error.response["Error"]["Code"]
    reasons = {one.get("Code") for one in error.response.get("CancellationReasons", [])}
    lost_a_race = code == "TransactionCanceledException" and reasons & _LOST
    if lost_a_race or code in ("TransactionConflictException", "TransactionInProgressException"):
        return Conflict(f"{code}: {', '.join(sorted(filter(None, reasons)))}")
    if code in _THROTTLED or reasons & _BUSY:
        return Unavailable(f"DynamoDB: {code}")
    return error
