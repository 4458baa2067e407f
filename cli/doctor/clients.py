"""The AWS clients of the doctor, by service. Checks use them from several threads."""

from threading import Lock
from typing import TYPE_CHECKING, Any

from cli.fleet.connection import DEFAULT, Connection
from cli.fleet.session import session_of
from shared.adapters.clients import config
from shared.adapters.patience import Patience

if TYPE_CHECKING:
    import boto3

PATIENCE = Patience(connect=1.5, read=5)
"""Timeouts in seconds. A hung call fails after 2 x (1.5 + 5) + 1 = 14 s."""


class ServiceClients:
    """Creates each client on first use, with the profile and the Region of the connection.

    Source: boto3 documentation, "Session reference", "Multithreading or multiprocessing with
    sessions": clients are thread safe, a session is not.
    """

    def __init__(self, connection: Connection = DEFAULT) -> None:
        self._connection = connection
        self._lock = Lock()
        self._session: boto3.Session | None = None
        self._made: dict[str, Any] = {}

    @property
    def session(self) -> "boto3.Session":
        """The session that creates the clients."""
        if self._session is None:
            self._session = session_of(self._connection)
        return self._session

    def client(self, service: str) -> Any:
        """Return the client of a service, such as `lambda`."""
        with self._lock:
            if service not in self._made:
                make: Any = self.session.client  # the type stubs accept only literal names
                self._made[service] = make(service, config=config(PATIENCE))
            return self._made[service]

    def secrets(self) -> list[str]:
        """Return the secrets of the credentials in use, which no output may contain."""
        with self._lock:
            found = self.session.get_credentials()
        frozen = found.get_frozen_credentials() if found else None
        return [one for one in (frozen.secret_key, frozen.token) if one] if frozen else []
