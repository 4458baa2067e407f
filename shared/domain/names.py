"""Builds and parses runner ids, and checks the fleet's prefix.

A runner has the same id everywhere: as its name at GitHub, as `startedBy` at ECS, as the key of its
S3 object and of its row. Its launch attempts have client tokens that begin with it.
"""

import re

from shared.domain.bounds import MAX_ID

MAX_RUNNER_ID = 64
"""Maximum length, which is ECS's limit for clientToken and GitHub's for a runner's name."""

_PREFIX = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
"""Numbers without leading zeros, so that each runner has only one id."""
MAX_PREFIX = 32
"""Maximum length. A client token is a runner's id, with a job id of 19 digits and a launch number
of 3; from the second attempt on it ends with `.` and the attempt's number of up to 6 digits."""


def check_prefix(prefix: str) -> str:
    """Return the prefix unchanged.

    Raises:
        ValueError: the prefix is not valid.
    """
    if len(prefix) > MAX_PREFIX or not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"prefix {prefix!r} is not valid; allowed: lower-case letters, digits and single '-', "
            f"beginning with a letter, at most {MAX_PREFIX} characters"
        )
    return prefix


def runner_id(prefix: str, job_id: int, number: int) -> str:
    """Return the id of the `number`th runner launched for a job."""
    return f"{prefix}-{job_id}-{number}"


def home_job(runner: str) -> int | None:
    """Return the id of the job that a runner was launched for; None if the text is no runner id."""
    parts = runner.rsplit("-", 2)
    if len(parts) != 3 or _id(parts[2]) is None:  # noqa: PLR2004
        return None
    return _id(parts[1])


def own_runner(prefix: str, name: str | None) -> str | None:
    """Return `name` if it is the id of a runner of the fleet with that prefix, else None."""
    if name is None or home_job(name) is None or name.rsplit("-", 2)[0] != prefix:
        return None
    return name


def _id(text: str) -> int | None:
    """Return the text as an id of at most 64 bits, without a sign or leading zeros, or None."""
    number = int(text) if _NUMBER.fullmatch(text) else 0
    return number if 1 <= number <= MAX_ID else None
