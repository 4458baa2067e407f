"""The port that notifies the operator's subscribers of failures."""

from typing import Protocol

from msgspec import Struct


class Notice(Struct, frozen=True, kw_only=True):
    """A failure of a job or of a runner, and its reason. Subscribers filter by `kind`."""

    kind: str
    fleet: str
    job_id: int
    reason: str
    runner_id: str | None = None
    repository: str = ""
    workflow: str = ""
    url: str = ""


class Notices(Protocol):
    """Sends notices to all subscribers, at least once."""

    def send(self, notice: Notice) -> None:
        """Send the notice.

        Raises:
            Refused, Unavailable.
        """
        ...
