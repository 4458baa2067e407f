"""What an installation with the defaults has, read from the Terraform module: nothing is repeated.

Raises `LookupError` with the name of what was looked for, should the module say it in another way.
"""

import re
from pathlib import Path

from benchmarks.load.options import Consumption
from local.description import CONSUMERS

_MODULE = Path(__file__).resolve().parents[2] / "terraform"
_SOURCES = "modules/functions/sources.tf"


def consumers() -> dict[str, Consumption]:
    """The event source mapping of each consumer."""
    return {
        name: Consumption(batch=_setting("batch_size", name), concurrency=_concurrency(name))
        for name in CONSUMERS
    }


def timeouts() -> dict[str, int]:
    """Seconds that each function may take."""
    found = re.search(r"function_timeouts\s*=\s*\{([^}]*)\}", _text("main.tf"))
    if found is None:
        raise LookupError("function_timeouts in main.tf")
    return _numbers(found[1])


def _concurrency(consumer: str) -> int:
    return _setting("maximum_concurrency", consumer)


def _setting(name: str, consumer: str) -> int:
    """A number in the consumers' mapping: itself, or the variable that it is taken from."""
    found = re.search(rf"^\s*{name}\s*=\s*(\S+)", _text(_SOURCES), re.MULTILINE)
    if found is None:
        raise LookupError(f"{name} in {_SOURCES}")
    if found[1].isdigit():
        return int(found[1])
    variable = re.match(r"var\.(\w+)(\[each\.key\])?$", found[1])
    if variable is None:
        raise LookupError(f"{name} = {found[1]} in {_SOURCES}: neither a number nor a variable")
    return _default(variable[1], consumer if variable[2] else None)


def _default(variable: str, key: str | None) -> int:
    """The default of a variable of the root module, or what its default holds for a key."""
    found = re.search(rf'^variable "{variable}" {{(.*?)^}}', _text("variables.tf"), re.M | re.S)
    default = found and re.search(r"^  default\s*=\s*(\{[^}]*\}|\S+)", found[1], re.M | re.S)
    if not default:
        raise LookupError(f"the default of {variable} in variables.tf")
    return _numbers(default[1])[key] if key else int(default[1])


def _numbers(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"(\w+)\s*=\s*(\d+)", text)}


def _text(name: str) -> str:
    return (_MODULE / name).read_text()
