"""Translates errors of calls to AWS to port errors, for all adapters.

A call is made by botocore or by `shared.adapters.aws_json`, whose errors have the same shape. The
rules that all services share are in `translate`; the differences are data, one `Service` for
each. An error that matches no rule is `Refused`: AWS does not accept the call as it is.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from msgspec import Struct

from shared.adapters.aws_json.errors import AnsweredError, NoAnswerError
from shared.ports import (
    Conflict,
    NoCapacity,
    NotNow,
    Refused,
    Throttled,
    TurnedAway,
    Unavailable,
)

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

    Answered = ClientError | AnsweredError
    AwsError = Answered | BotoCoreError | NoAnswerError

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
"""Codes of server faults: the call may have taken effect. Sources: the API references of the
services below, "Common Errors" and the errors of each call."""
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
"""Codes of throttled calls. Sources: the same; Amazon S3 API Reference, "Error Responses"."""


class Service(Struct, frozen=True, kw_only=True):
    """The rules for the errors of one service.

    Attributes:
        throttled: The error for a throttled call: `NotNow` if such a call certainly has no effect.
        not_now: Codes of calls that changed nothing and may succeed later.
        turned_away: Codes of calls that were rejected before they were processed.
        conflict: Codes of conflicts with another transaction.
        no_capacity_words, throttled_words, not_now_words: Words in the message of an error with
            any other code, which is translated to `NoCapacity`, `Throttled` or `NotNow`.
        busy_words: The same for `Unavailable`.
    """

    name: str
    throttled: type[Unavailable] = Unavailable
    not_now: tuple[str, ...] = ()
    turned_away: tuple[str, ...] = ()
    conflict: tuple[str, ...] = ()
    no_capacity_words: tuple[str, ...] = ()
    throttled_words: tuple[str, ...] = ()
    not_now_words: tuple[str, ...] = ()
    busy_words: tuple[str, ...] = ()


CLOUDWATCH = Service(name="CloudWatch")
LOGS = Service(name="CloudWatch Logs")
EVENTS = Service(name="EventBridge")
S3 = Service(name="S3")
SQS = Service(name="SQS")
DYNAMODB = Service(
    name="DynamoDB",
    conflict=(
        "ConditionalCheckFailedException",
        "TransactionConflictException",
        "TransactionInProgressException",
    ),
)
_PERMISSION_OR_QUOTA = ("AccessDeniedException", "AccountLimitExceededException")
"""AccountLimitExceededException: the quota of concurrent builds is reached; it may be 0 in a new
account. Source: AWS CodeBuild API Reference, StartBuild; User Guide, "Quotas"."""
ECR = Service(name="ECR", throttled=NotNow, not_now=_PERMISSION_OR_QUOTA)
CODEBUILD = Service(name="CodeBuild", throttled=NotNow, not_now=_PERMISSION_OR_QUOTA)
ECS = Service(
    name="ECS",
    throttled=Throttled,
    turned_away=("AccessDeniedException",),
    # The account or the fleet's setup has to be changed by an operator; the job is not the cause.
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
    # limit exceeded` or `… Rate exceeded`, a role that was just created as `… unable to assume the
    # role`, a deleted subnet or security group as `… does not exist`. Sources:
    # dask-cloudprovider issue 56 (the first); Amazon ECS Developer Guide, "Troubleshooting"; AWS
    # Fargate quotas ("You've reached the limit on the number of vCPUs you can run concurrently").
    throttled_words=(
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
    not_now=_PERMISSION_OR_QUOTA,
    busy_words=("too many concurrent attempts",),
)
"""ECS's task definitions. `busy_words` are in the `ClientException` of concurrent registrations in
one family. Source: terraform-provider-aws issue 9777."""

_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}
_THROTTLES = {"ThrottlingError", "ProvisionedThroughputExceeded"}
"""Reasons of a cancelled transaction. Source: Amazon DynamoDB API Reference, TransactWriteItems,
"Cancellation Reasons"."""


def aws_errors() -> "tuple[type[AwsError], ...]":
    """Return the classes of all errors of a call to AWS, for an `except` clause.

    Those of botocore are among them only if it has been imported: ingest does not import it.
    """
    botocore = sys.modules.get("botocore.exceptions")
    if botocore is None:
        return AnsweredError, NoAnswerError
    return AnsweredError, NoAnswerError, botocore.ClientError, botocore.BotoCoreError


@contextmanager
def translated(service: Service, about: str = "") -> Iterator[None]:
    """Translate errors of a call to AWS to port errors.

    Args:
        about: The start of the message: the resource of the call, such as a queue's URL.
    """
    try:
        yield
    except aws_errors() as error:
        raise translate(service, error, about) from error


def translate(
    service: Service, error: "AwsError", about: str = "", *, after: str = ""
) -> Exception:
    """Return the port error for an error of a call to AWS.

    Args:
        about, after: The start and the end of the message.
    """
    text = f"{service.name}: {about}{error}{after}"
    answered = answer_of(error)
    if answered is None:
        return Unavailable(text)
    code = code_of(error)
    reasons = _cancellation_reasons(answered)
    if reasons & _CONFLICTS or code in service.conflict:
        return Conflict(f"{code}: {', '.join(sorted(reasons))}")
    if reasons & _THROTTLES or _is_server_fault(answered):
        return Unavailable(text)
    if code in service.turned_away and not _has(text, service.no_capacity_words):
        return TurnedAway(text)
    return by_words(service, text) or _by_code(service, code, text)


def by_words(service: Service, text: str) -> Exception | None:
    """Return the port error for the words in a message, or None if no words match."""
    if _has(text, service.no_capacity_words):
        return NoCapacity(text)
    if _has(text, service.throttled_words):
        return Throttled(text)
    if _has(text, service.busy_words):
        return Unavailable(text)
    return NotNow(text) if _has(text, service.not_now_words) else None


def answer_of(error: "AwsError") -> "Answered | None":
    """Return the error if AWS answered with it, or None if there was no response."""
    return cast("Answered", error) if isinstance(getattr(error, "response", None), dict) else None


def code_of(error: "AwsError") -> str:
    """Return the error's code, or "" if there was no response from AWS."""
    answered = answer_of(error)
    return answered.response["Error"]["Code"] if answered else ""


def _by_code(service: Service, code: str, text: str) -> Exception:
    if code in service.not_now:
        return NotNow(text)
    return service.throttled(text) if code in _THROTTLED else Refused(text)


def _cancellation_reasons(error: "Answered") -> set[str]:
    """Return the codes of why DynamoDB cancelled a transaction; empty for other errors."""
    reasons = error.response.get("CancellationReasons", [])
    return {str(one["Code"]) for one in reasons if one.get("Code") not in (None, "None")}


def _is_server_fault(error: "Answered") -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= _SERVER_ERROR or code_of(error) in _SERVER_FAULTS


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)
