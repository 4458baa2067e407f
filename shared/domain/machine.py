"""What a state machine is here: a table of phases and of the signals that each of them takes.

An event is one signal to a machine. A signal that the table does not have for the present phase
changes nothing at all. One that leads back to the same phase is taken as well: it adds evidence,
such as a time that was not known, and moves nothing.

The tables are in the `state` module of their subject; `docs/state-machines.md` draws them.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

Phase = TypeVar("Phase", bound=Enum)
Signal = TypeVar("Signal", bound=Enum)

Table = Mapping[Phase, Mapping[Signal, Phase]]
"""For each phase the signals that it takes, and the phase after each."""


def next_phase(table: Table[Phase, Signal], phase: Phase, signal: Signal) -> Phase | None:
    """The phase after the signal; None if the table does not have it, so that nothing changes."""
    return table[phase].get(signal)
