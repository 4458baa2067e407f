"""Appends an event to a log as a recorder of outside facts does."""

from datetime import datetime

from msgspec import Struct

from shared.domain.decision import Decided
from shared.domain.events import Event
from shared.engine.intake import record_fact
from shared.engine.transact import NOBODY, Route, Transactor
from shared.ports import EventLog


class StoppedClock(Struct, frozen=True):
    """A clock with a constant time."""

    at: datetime

    def now(self) -> datetime:
        """Return the constant time."""
        return self.at


def record_event(
    log: EventLog, stream: str, event: Event, *, route: Route = NOBODY, new_stream: bool = False
) -> bool:
    """See `record_fact`. Everything but the cause is the event's."""
    clock = StoppedClock(event.recorded_at)
    transactor = Transactor(log=log, clock=clock, actor=event.actor, pause=lambda _: None)
    decided = Decided(id=event.id, fact=event.fact, at=event.at)
    return record_fact(transactor, stream, decided, route=route, new_stream=new_stream)
