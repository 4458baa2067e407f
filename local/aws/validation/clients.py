"""Validates the requests of every boto3 client in this process, for tests.

An invalid request raises an exception before it is sent. It is also recorded, in case the code
under test catches the exception.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

from botocore.client import BaseClient

from local.aws.validation.judge import judge
from local.aws.validation.learned import Learned
from local.aws.validation.record import Violation, Violations

_ORIGINAL = "_convert_to_request_dict"


class InvalidRequest(AssertionError):
    """AWS would reject the request that a client is about to send."""


class JudgedClients:
    """Validates the requests of all clients while it is installed.

    Args:
        violations: Records the invalid requests.
    """

    def __init__(self, violations: Violations) -> None:
        self._violations = violations
        self._learned: dict[str, Learned] = defaultdict(Learned)
        self._original: Any = None
        self._paused = local()

    def install(self) -> None:
        """Start to validate all requests. Without effect if it is installed already."""
        if self._original is not None:
            return
        self._original = original = getattr(BaseClient, _ORIGINAL)
        judge_all = self

        def judged(
            client: Any, api_params: dict[str, Any], operation_model: Any, *args: Any, **kwargs: Any
        ) -> Any:
            judge_all.check(client, operation_model.name, api_params)
            return original(client, api_params, operation_model, *args, **kwargs)

        setattr(BaseClient, _ORIGINAL, judged)

    def uninstall(self) -> None:
        """Stop validating requests."""
        if self._original is not None:
            setattr(BaseClient, _ORIGINAL, self._original)
            self._original = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Skip the validation of this thread's requests, so that a test can send invalid ones."""
        self._paused.on = True
        try:
            yield
        finally:
            self._paused.on = False

    def check(self, client: Any, operation: str, params: dict[str, Any]) -> None:
        """Validate one request.

        Raises:
            InvalidRequest: AWS would reject it.
        """
        service = client.meta.service_model.service_name
        name = f"{service}.{operation}"
        learned = self._learned[client.meta.endpoint_url]
        learned.learn(name, params)
        if getattr(self._paused, "on", False):
            return
        problems = judge(service, operation, params, learned)
        if problems:
            violation = Violation(name, tuple(problems), "a boto3 client of this process")
            self._violations.add(violation)
            raise InvalidRequest(str(violation))
