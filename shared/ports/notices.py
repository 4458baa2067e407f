"""Telling the operator's subscribers what went wrong."""

from typing import Protocol

from msgspec import Struct


class Notice(Struct, frozen=True, kw_only=True):
    """What happened to which job or runner, and why. `kind` is what subscribers filter by."""

    kind: str
    fleet: str
    job_id: int
    reason: str
    runner_id: str | None = None
    repository: str = ""
    workflow: str = ""
    url: str = ""


class Notices(Protocol):
    """Whoever has subscribed; at least once."""

    def send(self, notice: Notice) -> None:
        """Tell them.

        Raises:
            Refused, Unavailable.
        """
        ...
