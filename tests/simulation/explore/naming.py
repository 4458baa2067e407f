"""Names of runners and registrations, and the renaming of jobs that makes symmetric worlds one.

A runner is renamed with its home job.
"""

import re
from typing import Any

import msgspec
from msgspec import Struct

from tests.simulation.explore.world import FLEET

Names = tuple[int, ...]
"""The new number of each job by its old one; 0 stays 0."""

_NAMED = re.compile(rf"\b({FLEET}|job)-(\d+)")
_JOB_FIELDS = frozenset({"job_id", "displaced_job_id", "granted_job_id", "serves", "took"})
_MINT = 10_000


def runner_name(home: int, number: int) -> str:
    return f"{FLEET}-{home}-{number}"


def runner_of(name: str) -> tuple[int, int]:
    """The home job and the launch number in a runner's name."""
    home, number = name.rsplit("-", 2)[1:]
    return int(home), int(number)


def github_id(home: int, number: int, minted: int) -> int:
    """GitHub's id of the `minted`th registration under a runner's name; 0 for none."""
    return home * _MINT + number * 100 + minted if minted else 0


def of_github_id(number: int) -> tuple[int, int, int]:
    """Home job, launch number and ordinal of a registration."""
    return number // _MINT, number % _MINT // 100, number % 100


def renamed(value: Any, names: Names, field: str = "") -> Any:
    """The value with every job and runner in it renamed, however deep."""
    match value:
        case str():
            return _NAMED.sub(lambda found: f"{found[1]}-{names[int(found[2])]}", value)
        case int():
            return _renamed_number(value, names, field)
        case tuple():
            return tuple(renamed(one, names, field) for one in value)
        case Struct():
            return _renamed_fields(value, names)
    return value


def _renamed_fields(value: Struct, names: Names) -> Struct:
    fields = value.__struct_fields__
    changed = {one: renamed(getattr(value, one), names, one) for one in fields}
    return msgspec.structs.replace(value, **changed)


def _renamed_number(value: int, names: Names, field: str) -> int:
    if field in _JOB_FIELDS:
        return names[value]
    if field == "github_runner_id" and not isinstance(value, bool):
        home, _, _ = of_github_id(value)
        return value + (names[home] - home) * _MINT
    return value
