"""Stream ids and runner ids: how they are built and taken apart.

A runner id is the one name of a runner everywhere: at GitHub, as `startedBy` and `clientToken` at
ECS, as the key of its S3 object and of its row.
"""

import re
from datetime import date

from shared.domain.bounds import MAX_ID

JOB_STREAM = "job-"
IMAGE_STREAM = "image-"
BUILDS_STREAM = "builds-"
MAX_RUNNER_ID = 64
"""Characters: ECS's limit for clientToken and GitHub's for a runner's name."""

_PREFIX = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
"""One way to write each number, so that no two streams belong to one job."""
_TAG = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
"""Of an image: within what OCI allows, and short enough for the ids of its stream's events."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MAX_PREFIX = 32
"""Characters: a client token is a runner's id, with a job id of 19 digits and a launch number of 3,
and, from the second attempt on, `.` and its number of 6."""


def check_prefix(prefix: str) -> str:
    """The prefix unchanged.

    Raises:
        ValueError: it could not begin every name that the fleet needs.
    """
    if len(prefix) > MAX_PREFIX or not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"prefix {prefix!r} is not valid; allowed: lower-case letters, digits and single '-', "
            f"beginning with a letter, at most {MAX_PREFIX} characters"
        )
    return prefix


def job_stream(job_id: int) -> str:
    """The stream of a workflow job, which is also its FIFO message group id."""
    return f"{JOB_STREAM}{job_id}"


def stream_job(stream: str) -> int | None:
    """The job id of a job's stream, or None for any other text."""
    number = stream.removeprefix(JOB_STREAM)
    return _id(number) if number != stream else None


def image_stream(tag: str) -> str:
    """The stream of the runner image with that tag."""
    return f"{IMAGE_STREAM}{tag}"


def stream_image(stream: str) -> str | None:
    """The tag of an image's stream, or None for any other text."""
    tag = stream.removeprefix(IMAGE_STREAM)
    return tag if tag != stream and _TAG.fullmatch(tag) else None


def builds_stream(day: date) -> str:
    """The stream of the image builds of a day, in UTC."""
    return f"{BUILDS_STREAM}{day.isoformat()}"


def stream_day(stream: str) -> date | None:
    """The day of a stream of builds, or None for any other text."""
    day = stream.removeprefix(BUILDS_STREAM)
    if day == stream or not _DAY.fullmatch(day):
        return None
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None


def runner_id(prefix: str, job_id: int, number: int) -> str:
    """The name of the `number`th runner launched for a job."""
    return f"{prefix}-{job_id}-{number}"


def home_job(runner: str) -> int | None:
    """The job that a runner was launched for, by its id; None if the text is no runner id."""
    parts = runner.rsplit("-", 2)
    if len(parts) != 3 or _id(parts[2]) is None:  # noqa: PLR2004
        return None
    return _id(parts[1])


def home_stream(runner: str) -> str:
    """The stream of the job that a runner was launched for.

    Raises:
        ValueError: the text is no runner id.
    """
    job_id = home_job(runner)
    if job_id is None:
        raise ValueError(f"{runner!r} is not a runner id")
    return job_stream(job_id)


def own_runner(prefix: str, name: str | None) -> str | None:
    """`name` if it is the id of a runner of the fleet called `prefix`, else None."""
    if name is None or home_job(name) is None or name.rsplit("-", 2)[0] != prefix:
        return None
    return name


def _id(text: str) -> int | None:
    """The id that the text is, if it is one: 64 bits, without a sign or leading zeros."""
    number = int(text) if _NUMBER.fullmatch(text) else 0
    return number if 1 <= number <= MAX_ID else None
