"""The credentials of a function: from Lambda's environment, or from the endpoint that it names.

With SnapStart Lambda gives an endpoint instead of keys. Source: AWS Lambda Developer Guide,
"Activating and managing Lambda SnapStart". The request and the response: AWS SDKs and Tools
Reference Guide, "Container credential provider".
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from shared.adapters.aws_json.connection import Connection
from shared.adapters.aws_json.errors import NoAnswerError
from shared.adapters.aws_json.signature import Credentials
from shared.adapters.patience import SHORT
from shared.ports import Clock

EARLY = timedelta(minutes=5)
"""How long before they expire credentials are replaced."""
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class NoCredentialsError(NoAnswerError):
    """The environment names no credentials, or their endpoint does not give them."""


class _Answer(msgspec.Struct, rename="pascal"):
    """The response of a container credential provider."""

    access_key_id: _Text
    secret_access_key: _Text
    token: str
    expiration: datetime


def credentials_of(environment: Mapping[str, str], clock: Clock) -> Callable[[], Credentials]:
    """Return a function that returns valid credentials.

    Raises:
        NoCredentialsError: The environment has neither keys nor an endpoint. The function raises it
            if the endpoint does not give any.
    """
    key_id, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if key_id and secret:
        constant = Credentials(key_id, secret, environment.get("AWS_SESSION_TOKEN", ""))
        return lambda: constant
    if url := environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        return _Container(url, environment, clock).current
    raise NoCredentialsError(
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI, as Lambda does"
    )


class _Container:
    """Credentials from an endpoint, kept until shortly before they expire."""

    def __init__(self, url: str, environment: Mapping[str, str], clock: Clock) -> None:
        parts = urlsplit(url)
        self._target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        self._connection = Connection(f"{parts.scheme}://{parts.netloc}", SHORT)
        self._token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
        self._clock = clock
        self._known: tuple[Credentials, datetime] | None = None

    def current(self) -> Credentials:
        now = self._clock.now()
        if self._known is None or now >= self._known[1] - EARLY:
            self._known = self._read()
        return self._known[0]

    def _read(self) -> tuple[Credentials, datetime]:
        headers = {"authorization": self._token} if self._token else {}
        answer = self._connection.send("GET", self._target, headers)
        try:
            if answer.status != 200:  # noqa: PLR2004 - HTTP
                raise NoCredentialsError(f"no credentials: their endpoint says {answer.status}")
            found = msgspec.json.decode(answer.body, type=_Answer)
        except msgspec.DecodeError as error:
            raise NoCredentialsError(f"no credentials: their endpoint says: {error}") from error
        keys = Credentials(found.access_key_id, found.secret_access_key, found.token)
        return keys, found.expiration
