"""What a step comes to: the fact to record, and where. Nothing is decided here."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.domain.events import Fact
from shared.domain.history import History
from shared.domain.slot.counter import Guard


class Decided(Struct, frozen=True, kw_only=True):
    """A fact under the id `step`, for the driven stream and for `streams`.

    `at` is when it happened, if not now; `guard` is what is demanded of the fleet's counter.
    """

    step: str
    fact: Fact
    at: datetime | None = None
    streams: tuple[History[Any], ...] = ()
    guard: Guard | None = None
