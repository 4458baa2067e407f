"""What an installation with the defaults has, read from the Terraform module: nothing is repeated.

Raises `LookupError` with what was looked for, should the module say it in another way.
"""

import re
from pathlib import Path

from benchmarks.load.options import Consumption
from local.description import CONSUMERS

_MODULE = Path(__file__).resolve().parents[2] / "terraform"


def consumers() -> dict[str, Consumption]:
    """The event source mapping of each consumer."""
    found = {name: _consumer(name) for name in CONSUMERS}
    return {
        name: Consumption(batch=one["batch_size"], concurrency=one["concurrency"])
        for name, one in found.items()
    }


def timeouts() -> dict[str, int]:
    """Seconds that each function may take."""
    told = _numbers(_found(r"function_timeouts\s*=[^{]*\{([^}]*)\}", "main.tf"))
    return told | {
        name: one["timeout_seconds"]
        for name, one in ((name, _consumer(name)) for name in CONSUMERS)
        if "timeout_seconds" in one
    }


def _consumer(name: str) -> dict[str, int]:
    """The defaults of a consumer in the variable `consumers`."""
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
