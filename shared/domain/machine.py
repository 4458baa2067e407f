"""State machines as tables: for each phase, the signals that it accepts and the next phase.

An event is one signal to a machine. A signal that the table does not have for the present phase
changes nothing. A signal that leads back to the same phase may add evidence, such as a time that
was unknown.

Each table is in the `state` module of its subject; `docs/state-machines.md` draws them.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar


class Symbol(Enum):
    """A phase or a signal.

    A member exists once, so its identity is a hash. That of `Enum` is computed in Python each time,
    and each event looks up several.
    """

    __hash__ = object.__hash__


Phase = TypeVar("Phase", bound=Enum)
Signal = TypeVar("Signal", bound=Enum)

Table = Mapping[Phase, Mapping[Signal, Phase]]
"""Maps each phase to the signals that it accepts, and each signal to the next phase."""


def next_phase(table: Table[Phase, Signal], phase: Phase, signal: Signal) -> Phase | None:
    """Return the phase after the signal, or None if the table does not have it."""
    return table[phase].get(signal)
