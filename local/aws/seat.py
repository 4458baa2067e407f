"""A slot for the one host that controls the tasks or the builds of this process's moto."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Seat(Generic[T]):
    """Holds at most one host. A process has one seat per service, because it has one moto.

    Args:
        name: Name of the host in error messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._host: T | None = None

    def current(self) -> T | None:
        """Return the attached host, or None. Without a host moto's own behaviour applies."""
        return self._host

    def attach(self, host: T) -> None:
        """Attach a host, which then controls everything that is started.

        Raises:
            RuntimeError: Another host is attached.
        """
        if self._host is not None:
            raise RuntimeError(
                f"another {self._name} is attached; a process has one, as it has one moto"
            )
        self._host = host

    def detach(self, host: T) -> None:
        """Detach the host. Without effect if it is not attached."""
        if self._host is host:
            self._host = None
