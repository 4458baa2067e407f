"""The metrics that the functions have, read from their sources: what alarms may look at."""

import re

from functions.janitor.handler import SWEEPS
from shared.domain.events import Fact
from tests.terraform.support import PROJECT


def of_the_functions() -> set[str]:
    """Their names."""
    rooms = [PROJECT / "functions", PROJECT / "shared"]
    sources = [path.read_text() for room in rooms for path in room.rglob("*.py")]
    named = {name for text in sources for name in re.findall(r'add_metric\("(\w+)"', text)}
    named |= {name for text in sources for name in re.findall(r'(?m)^METRIC = "(\w+)"', text)}
    results = {name for text in sources for name in re.findall(r'"result": "(\w+)"', text)}
    sweeps = {f"{name}{what}" for name in SWEEPS for what in ("Found", "Repaired", "Failed")}
    facts = {one.__name__ for one in Fact.__subclasses__()}
    return named | sweeps | facts | {f"Webhook{result.capitalize()}" for result in results}
