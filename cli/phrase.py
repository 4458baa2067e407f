"""What words for a fact consist of, and how ids and times are written in them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from shared.domain import events as e


class Phrase(Struct, frozen=True):
    """What happened, and why."""

    what: str
    why: str = ""


Words = dict[type[e.Fact], Callable[[Any], Phrase]]
"""The words of each kind of fact."""


def task_name(task_arn: str) -> str:
    """The part of a task's ARN that tells it from others."""
    return task_arn.rpartition("/")[2]


def jobs(job_ids: tuple[int, ...]) -> str:
    """The ids, after the word."""
    numbers = ", ".join(map(str, job_ids))
    return f"job {numbers}" if len(job_ids) == 1 else f"jobs {numbers}"


def time_of_day(at: datetime) -> str:
    """HH:MM:SS in UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"
