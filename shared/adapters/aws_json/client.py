"""One AWS service's JSON API: signs, sends, repeats what may succeed, reads the answer."""

import time
import zlib
from collections.abc import Callable, Mapping
from random import random
from typing import Any

import msgspec

from shared.adapters.aws_json.connection import Answer, Connection
from shared.adapters.aws_json.credentials import credentials_of
from shared.adapters.aws_json.errors import AnsweredError, NoAnswerError
from shared.adapters.aws_json.signature import Credentials, Scope, signed
from shared.adapters.clock import SYSTEM
from shared.adapters.patience import BACKOFF, SHORT, Patience
from shared.ports import Clock

TRANSIENT = frozenset({500, 502, 503, 504})
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Statuses and codes of errors that are repeated, as in botocore's `standard` mode; a test compares
them. Source: AWS SDKs and Tools Reference Guide, "Retry behavior"."""

_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
"""Domains of AWS's partitions by the start of their regions' names, where it is not amazonaws.com.
Source: botocore's partitions.json, which a test compares with this."""


class Api(msgspec.Struct, frozen=True):
    """A JSON API.

    Attributes:
        service: The name in hosts and signatures, such as `dynamodb`.
        target: The start of the header `X-Amz-Target`.
        version: The version of AWS's JSON protocol. Source: botocore's models, `jsonVersion`.
    """

    service: str
    target: str
    version: str


class NoRegionError(ValueError):
    """AWS_REGION is not set."""


def endpoint(service: str, environment: Mapping[str, str]) -> str:
    """Return the URL of a service in the region of the environment.

    `AWS_ENDPOINT_URL_<SERVICE>` and `AWS_ENDPOINT_URL` name another one. Source: AWS SDKs and Tools
    Reference Guide, "Service-specific endpoints".

    Raises:
        NoRegionError.
    """
    for name in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
        if url := environment.get(name):
            return url
    region = _region(environment)
    suffix = next((one for begin, one in _SUFFIXES.items() if region.startswith(begin)), None)
    return f"https://{service}.{region}.{suffix or 'amazonaws.com'}"


def _region(environment: Mapping[str, str]) -> str:
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise NoRegionError("AWS_REGION is not set; allowed: the name of a region")
    return region


class JsonClient(msgspec.Struct, kw_only=True):
    """A client of one API.

    Attributes:
        credentials: Returns valid credentials. Called before each attempt.
        agent: The header `User-Agent`.
        pause: Waits that many seconds.
        jitter: Returns a random number of 0 to 1.
    """

    api: Api
    scope: Scope
    connection: Connection
    credentials: Callable[[], Credentials]
    agent: str = "ecs-runner-fleet"
    clock: Clock = SYSTEM
    patience: Patience = SHORT
    pause: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call, repeated after a random delay if the failure may pass.

        Raises:
            AnsweredError: AWS answered with an error.
            NoAnswerError: AWS did not answer.
        """
        body = msgspec.json.encode(request, enc_hook=_plain)
        for attempt in range(1, self.patience.attempts):
            try:
                return self._once(operation, body)
            except (AnsweredError, NoAnswerError) as error:
                if not _may_pass(error):
                    raise
            self.pause(self.jitter() * BACKOFF * 2 ** (attempt - 1))
        return self._once(operation, body)

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = {
            "content-type": f"application/x-amz-json-{self.api.version}",
            "host": self.connection.host,
            "x-amz-target": f"{self.api.target}.{operation}",
        }
        sent = signed(
            "POST",
            headers,
            body,
            credentials=self.credentials(),
            scope=self.scope,
            at=self.clock.now(),
        )
        sent["user-agent"] = self.agent
        return _read(operation, self.connection.send("POST", "/", sent, body))


def _plain(value: Any) -> str:
    """Return the text of a stream id, whose class msgspec does not know."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in the JSON of AWS")


def _may_pass(error: AnsweredError | NoAnswerError) -> bool:
    if isinstance(error, NoAnswerError):
        return True
    return error.status in TRANSIENT or error.code in THROTTLED


def _read(operation: str, answer: Answer) -> dict[str, Any]:
    if answer.crc32 is not None and answer.crc32 != zlib.crc32(answer.body):
        raise NoAnswerError(f"{operation}: the checksum of the answer is wrong")
    try:
        fields = msgspec.json.decode(answer.body or b"{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        if answer.status == 200:  # noqa: PLR2004 - HTTP
            raise NoAnswerError(f"{operation}: the answer is not JSON: {error}") from error
        fields = {}
    if answer.status == 200:  # noqa: PLR2004 - HTTP
        return fields
    raise AnsweredError(operation, answer.status, fields)


def client(api: Api, environment: Mapping[str, str], clock: Clock = SYSTEM) -> JsonClient:
    """Return the client of an API with Lambda's environment.

    Raises:
        NoRegionError: AWS_REGION is not set.
        NoCredentialsError: the environment has no credentials.
    """
    application = environment.get("AWS_SDK_UA_APP_ID")
    return JsonClient(
        api=api,
        scope=Scope(_region(environment), api.service),
        connection=Connection(endpoint(api.service, environment), SHORT),
        credentials=credentials_of(environment, clock),
        agent=f"ecs-runner-fleet{f' app/{application}' if application else ''}",
        clock=clock,
    )
