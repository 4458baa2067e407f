"""The filters of a command: which jobs and runners it is about. Pure."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.projection import RunnerRow


class Selection(Struct, frozen=True, kw_only=True):
    """The filters of a command. An empty one accepts everything; all others must match.

    Names are compared without regard to case, as GitHub compares those of repositories and labels.
    A job has to have all of `labels`.

    Attributes:
        since: Begin of the period, inclusive, in UTC.
        until: End of the period.
    """

    since: datetime
    until: datetime
    statuses: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        """Whether there is any filter but the period."""
        return bool(
            self.statuses or self.classes or self.repositories or self.workflows or self.labels
        )

    def of_all_statuses(self) -> "Selection":
        """Return the selection without its filter by status."""
        return replace(self, statuses=())

    def accepts_delivery(self, at: datetime, repository: str) -> bool:
        """Return whether a webhook's delivery matches the period and the repository."""
        return self.since <= at <= self.until and _one_of(repository, self.repositories)

    def accepts(self, row: RunnerRow) -> bool:
        """Return whether a runner's row matches every filter but the period."""
        return (
            _one_of(row.status, self.statuses)
            and _one_of(row.class_name, self.classes)
            and _one_of(row.repository, self.repositories)
            and _one_of(row.workflow, self.workflows)
            and _lower(self.labels) <= _lower(row.labels)
        )


def _one_of(value: str, allowed: tuple[str, ...]) -> bool:
    return not allowed or value.lower() in _lower(allowed)


def _lower(values: tuple[str, ...]) -> set[str]:
    return {one.lower() for one in values}
