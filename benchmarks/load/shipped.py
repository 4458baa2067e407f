"""Reads the defaults of an installation from the Terraform module.

The functions raise `LookupError` with the search text if the module's format has changed.
"""

import re
from pathlib import Path

from benchmarks.load.options import Consumption
from local.description import CONSUMERS

_MODULE = Path(__file__).resolve().parents[2] / "terraform"


def consumers() -> dict[str, Consumption]:
    """Return the event source mapping of each consumer."""
    found = {name: _consumer(name) for name in CONSUMERS}
    return {
        name: Consumption(batch=one["batch_size"], concurrency=one["concurrency"])
        for name, one in found.items()
    }


def timeouts() -> dict[str, int]:
    """Return the timeout of each function in seconds."""
    configured = _numbers(_found(r"function_timeouts\s*=[^{]*\{([^}]*)\}", "main.tf"))
    return configured | {
        name: one["timeout_seconds"]
        for name, one in ((name, _consumer(name)) for name in CONSUMERS)
        if "timeout_seconds" in one
    }


def _consumer(name: str) -> dict[str, int]:
    """Return the defaults of a consumer in the variable `consumers`."""
    block = _found(r'^variable "consumers" \{(.*?)^\}')
    mine = re.search(rf"{name}\s*=\s*optional\(object\(\{{(.*?)\}}\)", block, re.DOTALL)
    if mine is None:
        raise LookupError(f"{name} in the variable consumers")
    pairs = re.findall(r"(\w+)\s*=\s*optional\(number, (\d+)\)", mine[1])
    return {key: int(value) for key, value in pairs}


def _found(pattern: str, name: str = "variables.tf") -> str:
    found = re.search(pattern, (_MODULE / name).read_text(), re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError(f"{pattern} in {name}")
    return found[1]


def _numbers(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"(\w+)\s*=\s*(\d+)", text)}
