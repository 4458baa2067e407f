"""A logger and metrics that keep nothing but counts, and check that what they get can be JSON."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from functions.ingest.handler import Ingest
from tests.support import ingest as on_tables
from tests.support.stored import StoredFleet


class Silent:
    """`Logger`: each line is encoded, as Powertools would, and dropped."""

    def info(self, message: str, exc_info: BaseException | None = None, **told: Any) -> None:
        json.dumps([message, told], default=str).encode()

    warning = error = exception = info

    @contextmanager
    def append_context_keys(self, **_: Any) -> Iterator[None]:
        yield


class Counts:
    """`Metrics`: what was counted."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add_metric(self, name: str, unit: Any, value: float) -> None:
        self.counts[name] += int(value)


def ingest(fleet: StoredFleet) -> Ingest:
    """The function on the fleet's tables, with these."""
    return on_tables.ingest(fleet, logger=Silent(), metrics=Counts())
