"""A connection over HTTP or HTTPS that is kept alive between requests."""

import os
import select
import socket
import ssl
from collections.abc import Mapping
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import msgspec

from shared.adapters.aws_json.errors import NoAnswerError
from shared.adapters.patience import Patience


class Answer(msgspec.Struct, frozen=True):
    """A response. `crc32` is DynamoDB's checksum of the body, or None."""

    status: int
    body: bytes
    crc32: int | None = None


class Connection:
    """A connection to one host. A Lambda function has one request at a time, so one is enough.

    Args:
        url: Scheme, host and port of the endpoint.
        patience: The timeouts of a request. Its number of attempts is not used here.
    """

    def __init__(self, url: str, patience: Patience) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self._url = url
        self._patience = patience
        self._made = _connection(parts.scheme, parts.hostname or "", parts.port, patience.connect)

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Send a request and return the response.

        Raises:
            NoAnswerError: there was no response within the timeouts, or not an HTTP response.
        """
        try:
            self._connect()
            self._made.request(method, target, body=body, headers=dict(headers))
            response = self._made.getresponse()
            content = response.read()
            crc32 = response.getheader("x-amz-crc32")
            return Answer(response.status, content, int(crc32) if crc32 else None)
        except (OSError, HTTPException) as error:
            self.close()
            raise NoAnswerError(f"{self._url}: {type(error).__name__}: {error}") from error
        except ValueError:
            self.close()
            # The error would quote a header of the request, and one is a secret.
            raise NoAnswerError(f"{self._url}: a header is not valid") from None

    def close(self) -> None:
        """Close the connection. The next request opens it again."""
        self._made.close()

    def _connect(self) -> None:
        """Open the connection if it is not open, or if AWS has closed it while it was idle."""
        open_socket = self._made.sock
        if open_socket is not None and not select.select([open_socket], [], [], 0)[0]:
            return
        self._made.close()
        self._made.connect()
        new_socket: socket.socket = self._made.sock
        new_socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        new_socket.settimeout(self._patience.read)


def _connection(scheme: str, host: str, port: int | None, timeout: float) -> HTTPConnection:
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=timeout, context=_context())
    return HTTPConnection(host, port, timeout=timeout)


@cache
def _context() -> ssl.SSLContext:
    """Return the context of all connections. Its creation reads all root certificates.

    `AWS_CA_BUNDLE` names a file with other roots. Source: AWS SDKs and Tools Reference Guide,
    "General configuration", `ca_bundle`.
    """
    return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)
