"""The events of a job's commit status: the intent to create one, and GitHub's answer."""

from shared.domain.event import Fact


class CommitStatusIntended(Fact, frozen=True, kw_only=True):
    """A commit status is to be created. `state` is GitHub's: failure, pending or success.

    GitHub never changes a status: the newest one of a context counts. `number` counts those of
    the job.
    """

    number: int
    state: str
    description: str


class CommitStatusCreated(Fact, frozen=True, kw_only=True):
    """GitHub has the commit status with that number."""

    number: int


class CommitStatusRefused(Fact, frozen=True, kw_only=True):
    """GitHub refused the commit status with that number, such as for a missing permission."""

    number: int
    reason: str
