"""Explains the errors of AWS and of the ports: one sentence with the remedy, and an exit code."""

from typing import Any

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectionError,  # noqa: A004 - botocore's own, of all that can't connect
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    SSOTokenLoadError,
    TokenRetrievalError,
)

from cli.errors import AnswerIsNo, AwsFailed, NotConfigured
from cli.fleet.pages import NotAwsError
from cli.replay.resume import BadProgressError
from cli.streams.exported import BadExportError
from shared.class_sizes import ClassSizesError
from shared.domain.unreadable import Unreadable
from shared.ports import Conflict, Refused, Unavailable

_NETWORK = "check the Region (--region, AWS_REGION), AWS_ENDPOINT_URL and the network"
_HINTS: tuple[tuple[type[Exception], str], ...] = (
    (NoCredentialsError, "name a profile by --profile or AWS_PROFILE, or log in"),
    (PartialCredentialsError, "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    (ProfileNotFound, "set AWS_PROFILE to one that `aws configure list-profiles` shows"),
    (TokenRetrievalError, "log in again: aws sso login"),
    (SSOTokenLoadError, "log in again: aws sso login"),
    (NoRegionError, "name one by --region, AWS_REGION or AWS_DEFAULT_REGION"),
    (ProxyConnectionError, "check HTTPS_PROXY and NO_PROXY"),
    (SSLError, "check AWS_CA_BUNDLE and the proxy"),
    (ConnectionError, _NETWORK),
    (ConnectionClosedError, _NETWORK),
    (ReadTimeoutError, f"AWS did not answer in time: {_NETWORK}"),
    (NotAwsError, "check AWS_ENDPOINT_URL and the proxy"),
    (InvalidRegionError, "set AWS_REGION to a Region, such as eu-central-1"),
)
_THROTTLED = "AWS throttles such calls of this account: try again in a moment"
_EXPIRED = "the credentials in use have expired: log in again, such as by `aws sso login`"
_CODE_HINTS = {
    "ProvisionedThroughputExceededException": _THROTTLED,
    "RequestLimitExceeded": _THROTTLED,
    "RequestThrottled": _THROTTLED,
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "TooManyRequestsException": _THROTTLED,
    "ResourceNotFoundException": (
        "check the names in EVENTS_TABLE, RUNNER_TABLE and INGEST_LOG_GROUP, and the region"
    ),
    "AWS.SimpleQueueService.NonExistentQueue": (
        "check the queues' URLs, such as SCHEDULER_QUEUE_URL, and the region"
    ),
    "AccessDeniedException": "the credentials in use may not do this",
    "UnrecognizedClientException": "the credentials in use are not valid",
    "InvalidSignatureException": "check AWS_SECRET_ACCESS_KEY and this machine's clock",
    "InvalidClientTokenId": "the credentials in use are not valid",
    "SignatureDoesNotMatch": "check AWS_SECRET_ACCESS_KEY and this machine's clock",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
}


def explained(error: Exception) -> click.ClickException | None:
    """Return the error as a click exception with a readable message, or None if it is a bug."""
    match error:
        case ClientError() | BotoCoreError() | Refused() | Unavailable():
            return AwsFailed(_one_line(_aws(error)))
        case Conflict():
            return AwsFailed(f"{error}; try again")
        case BadExportError() | BadProgressError():
            return NotConfigured(_one_line(str(error)))
        case ClassSizesError() | Unreadable():
            advice = "; `ecsrunner replay rebuild` repairs it" if _is_row(error) else ""
            return AnswerIsNo(f"{_one_line(str(error))}{advice}")
    return None


def _is_row(error: Exception) -> bool:
    return isinstance(error, Unreadable) and error.stream is None


def _aws(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if isinstance(cause, ClientError):
        response: Any = cause.response
        code = response["Error"].get("Code", "")
        hint = _CODE_HINTS.get(code, "")
    else:
        hint = next((text for kind, text in _HINTS if isinstance(cause, kind)), "")
    return f"{str(error).rstrip('.')}; {hint}" if hint else str(error)


def _one_line(text: str) -> str:
    return " ".join(text.split())
