"""What an outside event comes to: a fact for the log, or a reason why it is none of ours."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.domain import events as e


class Accepted(Struct, frozen=True, kw_only=True):
    """A fact, where it belongs, whom it nudges; `begins` if it is likely the stream's first."""

    stream: str
    fact: e.Fact
    at: datetime
    route: str | None
    begins: bool = False


class Ignored(Struct, frozen=True):
    """Nothing for the log, on purpose; `about` is added to the answer and to ingest's own log."""

    reason: str
    about: dict[str, Any] = {}


Intake = Accepted | Ignored
