"""The one place that a stand-in takes in this process's moto. Who sits there is not known here."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Seat(Generic[T]):
    """Free, or taken by one host: a process has one, as it has one moto.

    Args:
        name: What sits there, for the error's text.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._host: T | None = None

    def current(self) -> T | None:
        """The host that is attached now, if any; without one, moto does as it does."""
        return self._host

    def attach(self, host: T) -> None:
        """Put a host in charge of everything that is started from now on.

        Raises:
            RuntimeError: another one is in charge.
        """
        if self._host is not None:
            raise RuntimeError(
                f"another {self._name} is attached; a process has one, as it has one moto"
            )
        self._host = host

    def detach(self, host: T) -> None:
        """Relieve the host; nothing happens if it is not in charge."""
        if self._host is host:
            self._host = None
