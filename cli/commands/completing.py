"""Values that the shell completes: fleets, runner ids and classes, as AWS has them at the moment.

A completion must not disturb who types: it prints nothing of its own, and it ends after a second.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, suppress
from io import StringIO
from itertools import islice
from threading import Thread
from typing import TYPE_CHECKING

import click

from cli.commands.connecting import connection_of
from cli.commands.options import fleet_of
from cli.fleet.context import CLASS_SIZES_PARAM

if TYPE_CHECKING:
    from cli.fleet.context import Fleet

SECONDS = 1.0
"""How long AWS may take. After that there are no values."""
RECENT = 20
"""The maximum number of runner ids, and of rows that one query reads."""
_STATUSES = ("RUNNING", "WAITING_FOR_JOB", "STARTING", "IMAGE_CREATING", "FAILED", "OFFLINE")
"""The statuses in the order in which their runners are looked for."""


def runner_ids(ctx: click.Context, incomplete: str) -> list[str]:
    """Return ids of recent runners that begin so: live ones, then failed ones, then others.

    The index has one partition for each status. So there is a query of `RECENT` rows for each, one
    after another, and no more once there are `RECENT` ids.
    """
    fleet = fleet_of(ctx)  # its imports do not count to the second
    return _begin_so(incomplete, lambda: _recent(fleet, incomplete))


def class_names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the runner classes that begin so, by one read of their parameter."""
    fleet = fleet_of(ctx)
    return _begin_so(incomplete, lambda: _classes(fleet))


def fleet_names(ctx: click.Context, incomplete: str) -> list[str]:
    """Return the fleets of the account and the Region that begin so."""
    from cli.fleet.aws import Clients  # noqa: PLC0415 - botocore takes a while
    from cli.fleet.named_fleet import fleets_of  # noqa: PLC0415

    clients = Clients(connection_of(ctx))
    return _begin_so(incomplete, lambda: fleets_of(clients.ssm))


def _recent(fleet: "Fleet", incomplete: str) -> Iterator[str]:
    found = (row.runner_id for one in _STATUSES for row in fleet.table.by_status(one, RECENT))
    return islice((one for one in found if one.startswith(incomplete)), RECENT)


def _classes(fleet: "Fleet") -> Iterable[str]:
    from shared import class_sizes  # noqa: PLC0415 - pydantic takes a while

    name = fleet.variable(CLASS_SIZES_PARAM)
    return sorted(class_sizes.parse(fleet.parameters.values([name])[name]))


def _begin_so(incomplete: str, read: Callable[[], Iterable[str]]) -> list[str]:
    """Return the values that begin so; what was read before an error or the end of the time."""
    found: list[str] = []

    def run() -> None:
        with suppress(Exception):
            for one in read():
                found.append(one)  # noqa: PERF402 - what was read before an error is kept

    reader = Thread(target=run, daemon=True)
    with redirect_stderr(StringIO()):
        reader.start()
        reader.join(SECONDS)
    return [one for one in list(found) if one.startswith(incomplete)]
