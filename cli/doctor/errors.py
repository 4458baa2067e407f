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


def is_denied(error: ClientError) -> bool:
    """Return whether a permission is missing."""
    return code_of(error) in _DENIED


def is_missing(error: ClientError) -> bool:
    """Return whether the resource does not exist."""
    return any(word in code_of(error) for word in _MISSING)


def finding_of(error: Exception, check: Check) -> Finding:
    """Return the finding that the check could not be run."""
    if isinstance(error, ClientError) and is_denied(error):
        action = _action(error, check)
        return unknown(
            action,
            f"these credentials may not call {action}: {_one_line(error)}",
            f"Allow {action} to whoever runs the doctor: {_DOCUMENT} lists all of them.",
        )
    cause = error.__cause__ or error
    if isinstance(cause, ClientError) and is_missing(cause):
        return unknown(check.name, _one_line(error), "terraform apply creates what is missing.")
    readable = foreseen(error)
    if readable is not None:
        return unknown(check.name, readable.message, "Run the doctor again; else see the message.")
    return unknown(
        check.name,
        f"the check itself failed: {type(error).__name__}: {_one_line(error)}",
        "Report it with the archive of `ecsrunner doctor --bundle FILE.tar.gz`.",
    )


def _action(error: ClientError, check: Check) -> str:
    """Return the IAM action of the call: AWS names it in most messages."""
    told = _ACTION.search(str(error))
    if told:
        return told[1]
    operation = error.operation_name
    named = (one for one in check.actions if one.partition(":")[2] == operation)
    alone = check.actions[0] if len(check.actions) == 1 else operation
    return next(named, alone)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
