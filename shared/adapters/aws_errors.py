"""The one translation of botocore's errors to those of the ports.

What all services share is in `translate`; what differs is data, in one `Service` for each. An
error that no data matches is `Refused`: AWS will not accept the call as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from shared.ports import (
    Conflict,
    NoCapacity,
    NotNow,
    Refused,
    TurnedAway,
    Unavailable,
)

AwsError = BotoCoreError | ClientError
_SERVER_ERROR = 500
_SERVER_FAULTS = (
    "InternalError",
    "InternalException",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceFault",
    "ServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
)
"""Codes of the service's own faults: the call may have been done. Sources: the API references of
the services below, "Common Errors" and the errors of each call."""
_THROTTLED = (
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
"""Codes of calls that came too often. Sources: the same; Amazon S3 API Reference, "Error
Responses"."""


class Service(Struct, frozen=True, kw_only=True):
    """How one service's errors differ.

    Attributes:
        throttled: The error for a throttled call: `NotNow` where it is sure that nothing was done.
        not_now: Codes of calls that changed nothing and may succeed later.
        turned_away: Codes of calls that the service did not look at.
        conflict: Codes that mean that another transaction was faster.
        no_capacity_words, turned_away_words, not_now_words, busy_words: Words in the message of an
            error with another code, with the meaning of their names; `busy` is `Unavailable`.
    """

    name: str
    throttled: type[Unavailable] = Unavailable
    not_now: tuple[str, ...] = ()
    turned_away: tuple[str, ...] = ()
    conflict: tuple[str, ...] = ()
    no_capacity_words: tuple[str, ...] = ()
    turned_away_words: tuple[str, ...] = ()
    not_now_words: tuple[str, ...] = ()
    busy_words: tuple[str, ...] = ()


CLOUDWATCH = Service(name="CloudWatch")
LOGS = Service(name="CloudWatch Logs")
EVENTS = Service(name="EventBridge")
S3 = Service(name="S3")
SQS = Service(name="SQS")
DYNAMODB = Service(
    name="DynamoDB",
    conflict=("TransactionConflictException", "TransactionInProgressException"),
)
_NO_RIGHT_OR_QUOTA = ("AccessDeniedException", "AccountLimitExceededException")
"""AccountLimitExceededException: as many builds run as the account may have at once, which may be
none in a new account. Source: AWS CodeBuild API Reference, StartBuild; User Guide, "Quotas"."""
ECR = Service(name="ECR", throttled=NotNow, not_now=_NO_RIGHT_OR_QUOTA)
CODEBUILD = Service(name="CodeBuild", throttled=NotNow, not_now=_NO_RIGHT_OR_QUOTA)
ECS = Service(
    name="ECS",
    throttled=TurnedAway,
    turned_away=("AccessDeniedException",),
    # They concern the account or the fleet's set-up, which an operator can put right, and no job.
    # Source: Amazon ECS API Reference, "Common Errors" and RunTask.
    not_now=("LimitExceededException", "ClusterNotFoundException", "UpdateInProgressException"),
    # Source: Amazon ECS Developer Guide, "API failure reasons"; AWS re:Post, "How do I resolve the
    # 'Capacity is unavailable at this time' error in Amazon ECS on Fargate?"; Amazon EC2 API
    # Reference, "Error codes", InsufficientFreeAddressesInSubnet.
    no_capacity_words=(
        "capacity is unavailable",
        "no capacity",
        "resource:",
        "free addresses",
        "free ip",
        "insufficientfreeaddresses",
    ),
    # ECS wraps errors of EC2 and IAM: EC2's throttling as `InvalidParameterException: … Request
    # limit exceeded` or `… Rate exceeded`, a role that was made a moment ago as `… unable to assume
    # the role`, a subnet or security group that is gone as `… does not exist`. Sources:
    # dask-cloudprovider issue 56 (the first); Amazon ECS Developer Guide, "Troubleshooting"; AWS
    # Fargate quotas ("You've reached the limit on the number of vCPUs you can run concurrently").
    turned_away_words=(
        "rate exceeded",
        "request limit exceeded",
        "requestlimitexceeded",
        "throttl",
    ),
    not_now_words=(
        "limit",
        "capacity",
        "agent",
        "try again",
        "assume the role",
        "assume the service linked role",
        "does not exist",
        "not authorized",
    ),
)
ECS_DEFINITIONS = Service(
    name="ECS",
    throttled=NotNow,
    not_now=_NO_RIGHT_OR_QUOTA,
    busy_words=("too many concurrent attempts",),
)
"""Task definitions. The words are in a `ClientException` when one family is registered twice at
once. Source: terraform-provider-aws issue 9777."""

_LOST_A_RACE = {"ConditionalCheckFailed", "TransactionConflict"}
_BUSY = {"ThrottlingError", "ProvisionedThroughputExceeded"}
"""Source: Amazon DynamoDB API Reference, TransactWriteItems, "Cancellation Reasons"."""


@contextmanager
def translated(service: Service, about: str = "") -> Iterator[None]:
    """Translate botocore errors to port errors.

    Args:
        about: What the call was about, such as a queue's URL; it begins the message.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise translate(service, error, about) from error


def translate(service: Service, error: AwsError, about: str = "", *, after: str = "") -> Exception:
    """The port's error for one of botocore's.

    Args:
        about, after: What its message begins with and ends with.
    """
    text = f"{service.name}: {about}{error}{after}"
    if isinstance(error, BotoCoreError):
        return Unavailable(text)
    code = code_of(error)
    lost = _cancelled(error)
    if lost & _LOST_A_RACE or code in service.conflict:
        return Conflict(f"{code}: {', '.join(sorted(lost))}")
    if lost & _BUSY or _is_server_fault(error):
        return Unavailable(text)
    if code in service.turned_away and not _has(text, service.no_capacity_words):
        return TurnedAway(text)
    return by_words(service, text) or _by_code(service, code, text)


def by_words(service: Service, text: str) -> Exception | None:
    """The port's error for words in a message; None if there are none that matter."""
    if _has(text, service.no_capacity_words):
        return NoCapacity(text)
    if _has(text, service.turned_away_words):
        return TurnedAway(text)
    if _has(text, service.busy_words):
        return Unavailable(text)
    return NotNow(text) if _has(text, service.not_now_words) else None


def code_of(error: AwsError) -> str:
    """The error's code, or "" if AWS has not answered."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else ""


def _by_code(service: Service, code: str, text: str) -> Exception:
    if code in service.not_now:
        return NotNow(text)
    return service.throttled(text) if code in _THROTTLED else Refused(text)


def _cancelled(error: ClientError) -> set[str]:
    """The reasons of a cancelled DynamoDB transaction."""
    reasons = error.response.get("CancellationReasons", [])
    return {str(one["Code"]) for one in reasons if one.get("Code") not in (None, "None")}


def _is_server_fault(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= _SERVER_ERROR or code_of(error) in _SERVER_FAULTS


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)
