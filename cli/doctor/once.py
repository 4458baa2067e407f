"""Computes each value once, although checks ask for it from several threads."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """Keeps each value, or the exception that its computation raised, by its key."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[Hashable, Future[Any]] = {}

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the value of the key. Other threads wait while it is computed.

        Raises:
            Exception: what `compute` raised, the same instance each time.
        """
        with self._lock:
            known = self._kept.get(key)
            future = known or self._kept.setdefault(key, Future())
        if known is None:
            try:
                future.set_result(compute())
            except Exception as error:  # noqa: BLE001 - it is raised below, and for each caller
                future.set_exception(error)
        found: T = future.result()
        return found
