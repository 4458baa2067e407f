"""What every fact has in common."""

from typing import ClassVar

from msgspec import Raw, Struct


class Fact(Struct, frozen=True, kw_only=True):
    """What one event says happened; the class name is the event's type."""

    SCHEMA: ClassVar[int] = 1


class Unknown(Fact, frozen=True, kw_only=True):
    """A fact that this version of the code does not know, kept as it was stored."""

    type: str
    schema: int
    data: Raw
