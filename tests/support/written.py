"""The lines that the functions write to their logs in a simulated world."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from functions.janitor import handler
from tests.simulation.simulation import simulate
from tests.simulation.world.functions import Counts, FailedError, Functions
from tests.simulation.world.world import World
from tests.support.loggers import logger_to

Line = Mapping[str, Any]

_SECONDS = 60.0
"""The time that a run of the Janitor has."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A world at its end, and the lines of each function."""

    world: World
    by_function: Mapping[str, Sequence[Line]]

    @property
    def lines(self) -> list[Line]:
        """The lines of all functions."""
        return [line for lines in self.by_function.values() for line in lines]


def written(profile: str, seed: int = 0) -> Written:
    """Run a world whose functions log as they do in Lambda."""
    logs: dict[str, StringIO] = {}

    def logger(function: str) -> Logger:
        stream = logs.setdefault(function, StringIO())
        return logger_to(stream, function)

    def sweep(functions: Functions) -> None:
        """As `Functions.sweep`, with the report of the handler."""

        def reported(janitor: Any) -> None:
            with suppress(handler.SweepFailedError):
                handler._sweep(janitor, _SECONDS)
                functions.swept_at.append(functions._agenda.seconds)

        with suppress(FailedError):
            functions._invoke("janitor", reported)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Functions, "_log", lambda _, function: logger(function))
        patch.setattr(Functions, "sweep", sweep)
        patch.setattr(handler, "logger", logger("janitor"))
        patch.setattr(handler, "metrics", Counts())
        world = simulate(seed, profile).world
    lines = {name: _read(stream) for name, stream in logs.items()}
    return Written(world=world, by_function=lines)


def _read(stream: StringIO) -> list[Line]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]
