"""The result of reading an event from outside: a fact for the log, or why it is ignored."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.domain import events as e


class Accepted(Struct, frozen=True, kw_only=True):
    """A fact and its stream. `begins`: it is probably the stream's first event."""

    stream: str
    fact: e.Fact
    at: datetime
    begins: bool = False


class Ignored(Struct, frozen=True):
    """An ignored event, and why. `about` is added to the answer and to ingest's own log."""

    reason: str
    about: dict[str, Any] = {}


Intake = Accepted | Ignored
