"""Which function makes the decision that an action asks for."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.domain import actions as a
from shared.domain.decision import Decided, Given
from shared.domain.image import decisions as image
from shared.domain.pairing import decisions as pairing
from shared.domain.slot import decisions as slot


def _record(_: Given, action: a.Record) -> Decided:
    return Decided(id=action.id, fact=action.fact)


def _intend_launch(given: Given, action: a.IntendLaunch) -> Decided | None:
    """The launch begins once its image is ready and there is a slot for it."""
    launch = image.await_image(given, action)
    return launch if isinstance(launch, Decided) else slot.intend(given, action.runner, launch)


DECISIONS: Mapping[type[a.Action], Callable[[Given, Any], Decided | None]] = {
    a.Record: _record,
    a.IntendLaunch: _intend_launch,
    a.AssignJob: pairing.assign,
    a.EndPairing: pairing.end_pairing,
    a.RecordFinish: pairing.record_finish,
    a.FreeSlot: slot.free,
    a.CloseCircuit: slot.close_circuit,
    a.InformWaiters: image.inform_waiters,
}
"""By the type of the action; every other action is an effect."""
