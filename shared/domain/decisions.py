"""Maps each action that is a decision to the function that makes it."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.domain import actions as a
from shared.domain.decision import Decided, Given
from shared.domain.image import decisions as image
from shared.domain.pairing import decisions as pairing
from shared.domain.rerun import decisions as rerun
from shared.domain.slot import decisions as slot


def _record(_: Given, action: a.Record) -> Decided:
    return Decided(id=action.id, fact=action.fact)


DECISIONS: Mapping[type[a.Action], Callable[[Given, Any], Decided | None]] = {
    a.Record: _record,
    a.AssignJob: pairing.assign,
    a.EndPairing: pairing.end_pairing,
    a.RecordFinish: pairing.record_finish,
    a.RecordLoss: rerun.record_loss,
    a.FreeSlot: slot.free,
    a.CloseCircuit: slot.close_circuit,
    a.InformWaiters: image.inform_waiters,
}
"""The decision for each type of action. Every other action is an effect."""
