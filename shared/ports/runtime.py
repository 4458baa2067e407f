"""Small ports: the clock, the parameters, checkpoints, and the queues that operators send to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct


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


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A text that is kept between runs. `version` counts its changes; 0: there is none yet."""

    text: str = ""
    version: int = 0


class Checkpoints(Protocol):
    """What sweeps keep between runs, by name. If it is lost, work is repeated; nothing else is."""

    def read(self, name: str) -> Checkpoint:
        """Return the checkpoint of that name.

        Raises:
            Unavailable.
        """
        ...

    def write(self, name: str, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint, whose version is that of the checkpoint that was read.

        To write the same checkpoint again is no conflict: clients do so if an answer is lost.

        Raises:
            Conflict: it has changed since.
            Unavailable.
        """
        ...
