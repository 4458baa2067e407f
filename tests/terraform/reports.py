"""What the functions report, read from their sources: metrics for alarms, log lines to count."""

import re
from collections.abc import Iterator

from functions.janitor.handler import LAUNCHES
from shared.domain.events import Fact
from tests.terraform.support import PROJECT


def metrics() -> set[str]:
    """The names of the metrics."""
    named = {name for text in _sources() for name in re.findall(r'count\([\w.]+, "(\w+)"', text)}
    named |= {name for text in _sources() for name in re.findall(r'add_metric\("(\w+)"', text)}
    named |= {name for text in _sources() for name in re.findall(r'(?m)^METRIC = "(\w+)"', text)}
    return named | set(LAUNCHES.values())


def messages() -> set[str]:
    """The messages that are logged as they are written here, and the types of events."""
    logged = r'logger\.\w+\(\s*"([^"]+)"'
    named = {message for text in _sources() for message in re.findall(logged, text)}
    results = {name for text in _sources() for name in re.findall(r'"result": "(\w+)"', text)}
    return named | results | {one.__name__ for one in Fact.__subclasses__()}


def _sources() -> Iterator[str]:
    for room in ("functions", "shared"):
        for path in (PROJECT / room).rglob("*.py"):
            yield path.read_text()
