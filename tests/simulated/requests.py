"""Records the requests that simulated clients receive."""

from collections.abc import Callable
from typing import Any

import urllib3

from local.github.rest import Rest
from tests.simulated.aws.paging import Direct
from tests.simulated.github import Http

Params = dict[str, Any]


class Requests:
    """All requests of recorded clients, in order."""

    def __init__(self) -> None:
        self._made: list[tuple[str, Params]] = []

    def add(self, operation: str, params: Params) -> None:
        """Record a request, of an operation such as `ecs.run_task`."""
        self._made.append((operation, params))

    def of(self, operation: str) -> list[Params]:
        """The parameters of each request of an operation."""
        return [params for one, params in self._made if one == operation]

    def count(self, operation: str) -> int:
        """The number of requests of an operation."""
        return len(self.of(operation))

    def clear(self) -> None:
        """Forget all requests so far."""
        self._made.clear()


class Recorded(Direct):
    """A client of AWS whose requests are recorded."""

    def __init__(self, service: str, client: Any, requests: Requests) -> None:
        super().__init__(client)
        self._service = service
        self._requests = requests
        self.meta = getattr(client, "meta", None)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._client, operation)

        def recorded(**asked: Any) -> Any:
            self._requests.add(f"{self._service}.{operation}", asked)
            return call(**asked)

        return recorded


class RecordedHttp(Http):
    """Connections to GitHub whose requests are recorded."""

    def __init__(self, rest: Rest, requests: Requests) -> None:
        super().__init__(rest)
        self._requests = requests

    def make(
        self, operation: str, call: Callable[[], urllib3.BaseHTTPResponse]
    ) -> urllib3.BaseHTTPResponse:
        """See `Http.make`."""
        self._requests.add(operation, {})
        return call()
