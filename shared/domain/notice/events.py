"""Notices that were sent to the operator's subscribers."""

from shared.domain.event import Fact


class NoticeSent(Fact, frozen=True, kw_only=True):
    """The operator's subscribers were told: something of this `kind`, about this `subject`."""

    kind: str
    subject: str
