"""Converts an exception of a check to a finding, which names the missing permission if that is why.

Codes of a missing permission. Sources: the API references, "Common Errors" (AccessDenied,
AccessDeniedException); Amazon EC2 API Reference, "Error codes" (UnauthorizedOperation); Amazon S3
API Reference, HeadBucket (403 without a body).
"""

import re

from botocore.exceptions import ClientError

from cli.doctor.finding import Check, Finding, unknown
from cli.errors import foreseen
from shared.adapters.aws_errors import code_of

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403")
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)")
_MISSING = ("NotFound", "NoSuch", "NonExistent", "404", "DoesNotExist")
_DOCUMENT = "docs/doctor.md"
_AGAIN = "Run the doctor again; if it stays so, do what the message says."


def is_denied(error: ClientError) -> bool:
    """Return whether a permission is missing."""
    return code_of(error) in _DENIED


def is_missing(error: ClientError) -> bool:
    """Return whether the resource does not exist."""
    return any(word in code_of(error) for word in _MISSING)


def finding_of(error: Exception, check: Check) -> Finding:
    """Return the finding that the check could not be run."""
    action = _denied_action(error, check)
    if action:
        return unknown(
            action,
            f"these credentials may not call {action}: {_one_line(error)}",
            f"Allow {action} to whoever runs the doctor: {_DOCUMENT} lists all of them.",
        )
    cause = _cause(error)
    if isinstance(cause, ClientError) and is_missing(cause):
        return unknown(check.title, _one_line(error), "terraform apply creates what is missing.")
    readable = foreseen(error)
    if readable is not None:
        return unknown(check.title, readable.message, _AGAIN)
    return unknown(
        check.title,
        f"the check itself failed: {type(error).__name__}: {_one_line(error)}",
        "Report it with the archive of `ecsrunner doctor --bundle FILE.tar.gz`.",
    )


def same_cause(error: Exception, check: Check) -> str:
    """Return a text that is the same for errors of the same cause."""
    return _denied_action(error, check) or f"{type(error).__name__}: {error}"


def _denied_action(error: Exception, check: Check) -> str:
    cause = _cause(error)
    return _action(cause, check) if isinstance(cause, ClientError) and is_denied(cause) else ""


def _cause(error: Exception) -> BaseException:
    """Return the error of AWS that a port's error was translated from, or the error itself."""
    return error.__cause__ or error


def _action(error: ClientError, check: Check) -> str:
    """Return the IAM action of the call: AWS names it in most messages."""
    named = _ACTION.search(str(error))
    if named:
        return named[1]
    operation = error.operation_name
    same = (one for one in check.actions if one.partition(":")[2] == operation)
    alone = check.actions[0] if len(check.actions) == 1 else operation
    return next(same, alone)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
