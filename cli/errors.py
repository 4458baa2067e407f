"""The errors of commands: one message on stderr and a documented exit code, without a traceback.

Each foreseen error is converted to a click exception. Any other error is a bug and keeps its
traceback. Importing this module is cheap: the help of `ecsrunner` needs it.
"""

import click

NO, USAGE, FAILED, INTERRUPTED, CLOSED = 1, 2, 3, 130, 141
EXIT_CODES = """\b
Exit codes:
  0    done
  1    the answer is no: not found, drift, ended already, left alone,
       dead letters (--check), a problem (doctor)
  2    wrong arguments or a missing environment variable
  3    AWS can't be reached or refused the call; not all could be checked
       (doctor)
  130  interrupted (Ctrl-C)
  141  whoever read the output stopped reading, as `head` does
"""


class AnswerIsNo(click.ClickException):
    """The subject of the command does not exist, or is not in the expected state."""

    exit_code = NO


class NotConfigured(click.ClickException):
    """An environment variable or a file that the command needs is missing or wrong."""

    exit_code = USAGE


class AwsFailed(click.ClickException):
    """AWS can't be reached, or refused the call."""

    exit_code = FAILED


def foreseen(error: Exception) -> click.ClickException | None:
    """Return the error as a click exception with a readable message, or None if it is a bug."""
    from cli.failures import explained  # noqa: PLC0415 - botocore takes a while

    return explained(error)
