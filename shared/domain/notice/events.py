"""The event of a notice that was sent to the operator's subscribers."""

from shared.domain.event import Fact


class NoticeSent(Fact, frozen=True, kw_only=True):
    """A notice of this `kind` was sent. `subject` is a runner's id or the id of a job's stream."""

    kind: str
    subject: str
