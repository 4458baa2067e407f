"""The type of the timeline's texts, and how ids and times are written in them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from shared.domain import events as e


class Phrase(Struct, frozen=True):
    """The text of a fact: what happened, and why."""

    what: str
    why: str = ""


Words = dict[type[e.Fact], Callable[[Any], Phrase]]
"""The function that returns the text of each type of fact."""


def task_name(task_arn: str) -> str:
    """Return the last part of a task's ARN, which identifies it."""
    return task_arn.rpartition("/")[2]


def jobs(job_ids: tuple[int, ...]) -> str:
    """Return "job" or "jobs" with the ids."""
    numbers = ", ".join(map(str, job_ids))
    return f"job {numbers}" if len(job_ids) == 1 else f"jobs {numbers}"


def time_of_day(at: datetime) -> str:
    """Return HH:MM:SS in UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"
