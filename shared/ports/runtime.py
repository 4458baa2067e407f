"""Small ports: the clock, the parameters, and the queues that operators send to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol


class Nudges(Protocol):
    """Sends nudges on behalf of an operator (`replay nudge`). The functions never use it."""

    def send(self, route: str, stream: str, deduplication_id: str) -> None:
        """Send one nudge for `stream` to the queues of `route`."""
        ...


class Clock(Protocol):
    """The clock, which is passed to everything that needs the time."""

    def now(self) -> datetime:
        """Return the present time in UTC."""
        ...


class Parameters(Protocol):
    """Parameters and secrets by reference, cached for a short time."""

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        """Return the decrypted values by name.

        Raises:
            Refused: names the parameters that do not exist.
            Unavailable: the store can't be read now.
        """
        ...
