"""How far the stopping of a runner has come."""

from datetime import datetime

from msgspec import Struct


class Stop(Struct, frozen=True, kw_only=True):
    """How far the stopping of a runner has come."""

    reason: str
    forced: bool
    intended_at: datetime
    by_operator: bool = False
    deregistered: bool = False
    sent: int = 0
    sent_at: datetime | None = None
