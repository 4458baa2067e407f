"""A proxy around every client: each call of a function passes here, takes time, and may fail.

Which call fails how is drawn from the seed. The ledger counts what was hit, so that it shows what
never was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from botocore.exceptions import ReadTimeoutError

from tests.simulated.agenda import Agenda
from tests.simulated.aws.errors import error
from tests.simulated.aws.paging import Paginator
from tests.simulation.world.ledger import (
    APPLICABLE,
    LEADS_TO,
    MADE_ONLY_IN,
    Ledger,
)
from tests.simulation.world.profile import Kind, Profile

TIMEOUT_SECONDS = 8.0
"""How long one call waits for its answer: as the functions' clients are configured."""
FUNCTION_SECONDS = 30.0
STALE_SECONDS = 5.0

_THROTTLED = {
    "dynamodb": "ThrottlingException",
    "ecs": "ThrottlingException",
    "ecr": "ThrottlingException",
    "codebuild": "ThrottlingException",
    "s3": "SlowDown",
    "ssm": "ThrottlingException",
    "sqs": "RequestThrottled",
    "events": "ThrottlingException",
}
_BROKEN = {
    "dynamodb": "InternalServerError",
    "ecs": "ServerException",
    "ecr": "ServerException",
    "codebuild": "ServiceUnavailable",
    "s3": "InternalError",
    "ssm": "InternalServerError",
    "sqs": "InternalFailure",
    "events": "InternalException",
}


class Cut(BaseException):
    """The function's time is up: not an Exception, so that no code under test can catch it."""


def _called(profile: Profile) -> set[str]:
    """The operations that are called for sure where the world is like that."""
    rare = MADE_ONLY_IN["images-expire"] | MADE_ONLY_IN["circuit"]
    if not profile.images:
        rare |= MADE_ONLY_IN["aimed-images"]
    if not profile.weather.has_whims:
        rare |= MADE_ONLY_IN["aimed-github"]
    if not profile.has_app:
        rare |= MADE_ONLY_IN["aimed-app"]
    return APPLICABLE.keys() - rare


def aimed_kind(operation: str, seed: int, number: int) -> Kind:
    """How the call that a world aims at fails for the `number`-th time, from 1 on."""
    kinds = APPLICABLE[operation]
    return kinds[(seed + number) % len(kinds)]


@dataclass
class Invocation:
    """One run of a function, and how much of its time is gone."""

    function: str
    used: float = 0.0


class Calls:
    """Makes every call that a function makes.

    Args:
        aim: One operation of which the first call and half of the others fail, while all others
            are well: so the rare ones are reached.
        seed: Determines how the first of them fails; each further one fails in the next way.
    """

    def __init__(
        self, agenda: Agenda, profile: Profile, aim: str | None = None, seed: int = 0
    ) -> None:
        self.ledger = Ledger()
        self.invocations: list[Invocation] = []
        self._agenda = agenda
        self._rng = agenda.rng
        self._profile = profile
        self.aim = aim
        self._seed = seed
        self._struck = 0
        self._troubled = set(self._rng.sample(sorted(_called(profile)), profile.trouble))

    def sleep(self, _seconds: float) -> None:
        """Let a function wait. How long it asks for is jitter that no seed of ours draws."""
        self._spend(self._rng.uniform(0, 1))

    def token(self) -> str:
        """A token that makes repetitions of one call known as such."""
        return str(UUID(int=self._rng.getrandbits(128)))

    def make(
        self,
        operation: str,
        call: Callable[[], Any],
        *,
        stale: Callable[[], Any] | None = None,
        failed: Callable[[Kind], Any],
    ) -> Any:
        """Make a call, or let it fail: `failed` raises, or returns the answer that says so."""
        if operation not in APPLICABLE:
            raise NotImplementedError(f"{operation} is in no table of faults")
        self.ledger.calls[operation] += 1
        self._spend(self._rng.expovariate(1 / self._profile.weather.latency))
        if self._profile.is_down(operation.partition(".")[0], self._agenda.seconds):
            return failed(self._no_answer())
        kind = self._drawn(operation)
        if kind is None:
            return call()
        self.ledger.hits[operation, kind] += 1
        return self._fail(kind, operation, call, stale or call, failed)

    def _fail(
        self,
        kind: Kind,
        operation: str,
        call: Callable[[], Any],
        stale: Callable[[], Any],
        failed: Callable[[Kind], Any],
    ) -> Any:
        match kind:
            case Kind.CUT_BEFORE:
                raise Cut(operation)
            case Kind.CUT_AFTER:
                call()
                raise Cut(operation)
            case Kind.DUPLICATE:
                call()
                return call()
            case Kind.STALE:
                return stale()
            case Kind.AFTER:
                call()
            case Kind.TIMEOUT:
                if self._rng.random() < 0.5:
                    call()
                self._spend(TIMEOUT_SECONDS)
        return failed(kind)

    def _no_answer(self) -> Kind:
        """How a call fails whose service is down: mostly at once, sometimes after its time-out."""
        if self._rng.random() < 0.8:
            return Kind.BEFORE
        self._spend(TIMEOUT_SECONDS)
        return Kind.TIMEOUT

    def _drawn(self, operation: str) -> Kind | None:
        if self.aim is not None:
            return self._aimed(operation)
        if not self._profile.rates:
            return None
        factor = 10 if operation in self._troubled else 1
        drawn = self._rng.random()
        for kind in APPLICABLE[operation]:
            drawn -= factor * self._profile.rates.get(kind, 0.0)
            if drawn < 0:
                return kind
        return None

    def _aimed(self, operation: str) -> Kind | None:
        if operation == self.aim:
            if self._struck and self._rng.random() < 0.5:
                return None
            self._struck += 1
            return aimed_kind(operation, self._seed, self._struck)
        before, kind = LEADS_TO.get(self.aim or "", ("", Kind.AFTER))
        return kind if before == operation and self._rng.random() < 0.4 else None

    def _spend(self, seconds: float) -> None:
        invocation = self.invocations[-1]
        invocation.used += seconds
        self._agenda.spend(seconds)
        if invocation.used > FUNCTION_SECONDS:
            raise Cut(f"{invocation.function} took {invocation.used:.1f} s")


class Client:
    """A client of AWS as a function sees it."""

    def __init__(self, service: str, client: Any, calls: Calls) -> None:
        self._service = service
        self._client = client
        self._calls = calls
        self.exceptions = getattr(client, "exceptions", None)
        self.meta = getattr(client, "meta", None)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)
        return lambda **asked: self._call(operation, asked)

    def get_paginator(self, operation: str) -> Paginator:
        """As boto3's: each page is a call of its own."""
        return Paginator(getattr(self, operation), operation)

    def _call(self, operation: str, asked: dict[str, Any]) -> Any:
        method = getattr(self._client, operation)
        if operation == "transact_write_items":  # as botocore does, for its own repetitions
            asked = asked | {"ClientRequestToken": self._calls.token()}
        index = " index" if operation == "query" and "IndexName" in asked else ""
        return self._calls.make(
            f"{self._service}.{operation}{index}",
            lambda: method(**asked),
            stale=lambda: self._client.stale(STALE_SECONDS, operation, **asked),
            failed=lambda kind: self._failed(kind, operation),
        )

    def _failed(self, kind: Kind, operation: str) -> Any:
        if kind is Kind.TIMEOUT:
            raise ReadTimeoutError(endpoint_url=f"https://{self._service}")
        code = (_THROTTLED if kind is Kind.THROTTLED else _BROKEN)[self._service]
        name = "".join(part.capitalize() for part in operation.split("_"))
        known = getattr(self.exceptions, code, None)
        more = {"kind": known} if known else {}
        raise error(code, f"simulated: {kind}", name, **more)
